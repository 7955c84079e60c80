import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { LoadLine } from '@headroom/report/load-line'
import t, { type Test } from 'tap'
import { runSurge, type SurgeOptions } from '../surge.ts'
import { leftOver } from './processes.ts'

// Real processes: a busy machine takes its time.
t.setTimeout(90_000)

const events = [
  { id: 'aurora-live', name: 'Aurora', startsAt: '2027-01-01', tiers: [{ id: 'floor', name: 'Floor', priceCents: 1, currency: 'EUR' }] },
]

/** A shop that answers everything with its events; calls `onRequest` for each. */
async function shop(t: Test, onRequest = () => {}): Promise<string> {
  const server = createServer((_request, response) => {
    onRequest()
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ events, degraded: false }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const options = (t: Test, url: string): SurgeOptions => ({
  url,
  rate: 10,
  factor: 2,
  calmS: 1,
  surgeS: 1,
  afterS: 1,
  out: t.testdir({}),
  onSecond: () => {},
  signal: new AbortController().signal,
})

t.test('calm, surge, calm: a sample a second and a result, with the acknowledgements in a file', async (t) => {
  const samples: LoadLine[] = []
  const wanted = { ...options(t, await shop(t)), onSecond: (sample: LoadLine) => samples.push(sample) }
  const { stages, requests } = await runSurge(wanted)
  t.match(stages, [
    { durationS: 1, ratePerS: 10 },
    { durationS: 1, ratePerS: 20 },
    { durationS: 1, ratePerS: 10 },
  ])
  t.ok(requests.offered > 10 && samples.length >= 3, `${requests.offered} requests, ${samples.length} samples`)
  for (const { p50Ms, p99Ms, stage } of samples) t.match([p50Ms, p99Ms, stage], [Number, Number, String])
  t.type(readFileSync(join(wanted.out, 'acks.ndjson'), 'utf8'), 'string')
  t.match(readFileSync(join(wanted.out, 'load.txt'), 'utf8'), /offered/)
})

t.test('a generator that cannot run is told with its words', async (t) => {
  await t.rejects(runSurge(options(t, 'nonsense')), { message: /^the load generator ended with 2 and no summary: .*nonsense/ })
})

t.test('the signal ends it at once', async (t) => {
  const ending = new AbortController()
  const asked = Promise.withResolvers<void>()
  const wanted = { ...options(t, await shop(t, asked.resolve)), surgeS: 60, signal: ending.signal }
  const running = runSurge(wanted)
  await asked.promise
  ending.abort(new Error('enough'))
  await t.rejects(running, { message: 'enough' })
  t.strictSame(await leftOver([], wanted.out), [])
})
