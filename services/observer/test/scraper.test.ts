import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { Meters } from '../lib/meters.ts'
import type { Pod } from '../lib/objects.ts'
import { metricsUrl, Scraper } from '../lib/scraper.ts'

const pod = (name: string, podIP: string | undefined, ops = 9000): Pod => ({
  metadata: { name },
  spec: {
    containers: [
      {
        name: 'c',
        ports: [
          { name: 'http', containerPort: 3000 },
          { name: 'ops', containerPort: ops },
        ],
      },
    ],
  },
  status: podIP === undefined ? {} : { podIP },
})

t.test('a pod is asked on its ops port, once it has an address', async (t) => {
  t.equal(metricsUrl(pod('a', '10.0.0.1')), 'http://10.0.0.1:9000/metrics')
  t.equal(metricsUrl(pod('a', 'fd00::1')), 'http://[fd00::1]:9000/metrics')
  t.equal(metricsUrl(pod('a', undefined)), undefined)
  t.equal(metricsUrl({ spec: { containers: [{ name: 'c' }] }, status: { podIP: '10.0.0.1' } }), undefined)
})

t.test('a round reads every pod, and one that fails or says too much has no rates', async (t) => {
  let count = 0
  const counted = () => {
    count += 5
    return `http_server_requests_total ${count}\nprocess_cpu_seconds_total ${count}\n`
  }
  const server = createServer((_request, reply) => reply.end(counted()))
  const loud = createServer((_request, reply) => reply.end('x'.repeat(2_000_000)))
  for (const each of [server, loud]) await new Promise<void>((resolve) => each.listen(0, '127.0.0.1', resolve))
  const port = ({ address }: { address(): unknown }) => (address() as AddressInfo).port
  const meters = new Meters()
  const scraper = new Scraper(meters)
  t.teardown(() => {
    scraper.close()
    for (const each of [server, loud]) each.close()
  })
  const [a, b] = [port({ address: () => server.address() }), port({ address: () => loud.address() })]
  const pods = [pod('good', '127.0.0.1', a), pod('loud', '127.0.0.1', b), pod('dead', '127.0.0.1', 1)]
  await scraper.round(pods)
  await scraper.round(pods)
  t.ok((meters.of('good')?.requestsPerS ?? 0) > 0)
  t.equal(meters.of('loud'), undefined)
  t.equal(meters.of('dead'), undefined)
})
