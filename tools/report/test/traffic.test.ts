import { readScrape } from '@headroom/kit/scrape'
import t from 'tap'
import { ratesBetween } from '../traffic.ts'

const scrape = (arrivals: number, fast: number, slow: number, errors: number) => `# HELP x y
# TYPE http_server_requests_total counter
http_server_requests_total ${arrivals}
http_server_requests_shed_total 3
process_cpu_seconds_total 1.5
http_server_request_duration_seconds_bucket{http_route="/a",le="0.1"} ${fast}
http_server_request_duration_seconds_bucket{http_route="/a",le="0.2"} ${fast + slow}
http_server_request_duration_seconds_bucket{http_route="/a",le="+Inf"} ${fast + slow}
http_server_request_duration_seconds_count{http_route="/a",http_response_status_code="200"} ${fast + slow}
http_server_request_duration_seconds_count{http_route="/a",http_response_status_code="500"} ${errors}
`

t.test('rates are differences, and a new replica counts from zero', async (t) => {
  const before = readScrape(scrape(100, 50, 0, 1))
  const after = readScrape(scrape(300, 150, 100, 3))
  const rates = ratesBetween([{ before, after }], 2)
  t.match(rates, { requestsPerS: 100, shedPerS: 0, failedPerS: 1 })
  t.equal(ratesBetween([{ before: undefined, after }], 2).requestsPerS, 150)
  t.equal(ratesBetween([{ before: after, after: before }], 2).requestsPerS, 0, 'a restarted replica is no negative rate')
})
