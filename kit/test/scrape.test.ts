import t from 'tap'
import { quantileMs, readScrape } from '../scrape.ts'
import { built } from './helper.ts'

t.test("a scrape of kit's own metrics is read back", async (t) => {
  const { server, ops } = await built(t, (server) => {
    server.get('/fine', async () => 'fine')
    server.get('/broken', async () => {
      throw new Error('broken')
    })
  })
  for (const url of ['/fine', '/fine', '/broken', '/nowhere']) await server.inject(url)
  const { arrivals, shed, failed, cpuS, buckets } = readScrape((await ops.inject('/metrics')).body)
  t.match({ arrivals, shed, failed }, { arrivals: 4, shed: 0, failed: 1 })
  t.ok(cpuS > 0)
  t.equal(buckets.get(Number.POSITIVE_INFINITY), 4, 'all routes together')
})

t.test('calls are told by peer and outcome; comments and other metrics are passed over', async (t) => {
  const scrape = readScrape(
    [
      '# HELP http_server_requests_total Requests.',
      'http_server_requests_total 7',
      'http_client_requests_total{peer="orders",outcome="ok"} 5',
      'http_client_requests_total{peer="orders",outcome="failed"} 2',
      'http_client_requests_total{peer="orders",outcome="shed"} 4',
      'http_client_requests_total{peer="catalog",outcome="ok"} 1',
      'http_server_requests_shed_total 3',
      'http_server_requests_shed_behind_total 2',
      'http_server_requests_total_of_another 9',
    ].join('\n'),
  )
  t.match(
    { ...scrape, calls: [...scrape.calls] },
    {
      arrivals: 7,
      shed: 5,
      calls: [
        ['orders', { ok: 5, shed: 4, failed: 2 }],
        ['catalog', { ok: 1, shed: 0, failed: 0 }],
      ],
    },
  )
})

t.test('quantiles are those of histogram_quantile', async (t) => {
  const buckets = new Map([
    [0.1, 50],
    [0.2, 90],
    [Number.POSITIVE_INFINITY, 100],
  ])
  t.equal(quantileMs(buckets, 0.5), 100)
  t.equal(Math.round(quantileMs(buckets, 0.7) ?? 0), 150)
  t.equal(quantileMs(buckets, 0.99), 200, 'the last finite bound for what is beyond')
  t.equal(quantileMs(new Map(), 0.5), null)
})
