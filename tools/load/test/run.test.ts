import t from 'tap'
import type { Acknowledgement, Sample } from '../results.ts'
import { runLoad } from '../run.ts'
import { OUTCOMES } from '../verdict.ts'
import { closedPort, reply, serve, shop } from './helper.ts'

const steady = (ratePerS: number, durationS: number) => [{ name: 'steady', durationS, ratePerS }]

t.test('a stall shows in the latency of everything due while it lasted', async (t) => {
  // One connection: a client that waits for its reply before the next request would notice one slow request in 200.
  for (const limits of [{ connections: 1, connectionsMax: 1 }, { connections: 64 }]) {
    let stallEnds = 0
    const url = await serve(t, (_, response) => {
      stallEnds ||= performance.now() + 1000
      setTimeout(() => response.end('ok'), Math.max(0, stallEnds - performance.now()))
    })
    const run = runLoad({ url, urlPath: '/hello', stages: steady(100, 2), arrivals: 'uniform', limits })
    const { latencyMs, requests } = await run.summary
    t.equal(requests.ok, 200)
    t.ok((latencyMs.max ?? 0) > 950, `the first waited ${latencyMs.max} ms of 1000`)
    // The stall's second holds half of the requests, waiting 1000 ms down to 0: the top 5 % of all are above 900.
    t.ok((latencyMs.p95 ?? 0) > 850 && (latencyMs.p95 ?? 0) < 1300, `p95 ${latencyMs.p95}`)
  }
})

t.test('samples add up to the summary, and the stages to the whole', async (t) => {
  const url = await serve(t, (request, response) => {
    const die = Number(request.headers['content-length'] ?? 0) + Math.random()
    if (die < 0.1) return reply(response, 503, { code: 'overloaded' }, { 'retry-after': '1' })
    if (die < 0.2) return reply(response, 500, {})
    if (die < 0.25) return request.socket.destroy()
    return void response.end('ok')
  })
  const stages = [
    { name: 'calm', durationS: 0.7, ratePerS: 200 },
    { name: 'surge', durationS: 0.8, ratePerS: 800 },
  ]
  const run = runLoad({ url, urlPath: '/hello', stages, seed: 5 })
  const samples: Sample[] = []
  for await (const sample of run.samples) samples.push(sample)
  const summary = await run.summary
  const { requests } = summary
  for (const key of ['offered', ...OUTCOMES] as const) {
    t.equal(
      samples.reduce((sum, sample) => sum + sample[key], 0),
      requests[key],
      `samples: ${key}`,
    )
    t.equal(
      summary.byStage.reduce((sum, stage) => sum + stage.requests[key], 0),
      requests[key],
      `stages: ${key}`,
    )
  }
  t.equal(
    OUTCOMES.reduce((sum, outcome) => sum + requests[outcome], 0),
    requests.offered,
    'every request ended once',
  )
  t.ok(requests.ok > 0 && requests.shed > 0 && requests.failed > 0)
  t.ok((summary.failures.status_500 ?? 0) > 0)
  t.same(samples.map(({ t, stage }) => [t, stage])[0], [1, 'calm'])
  t.equal(samples.at(-1)?.inFlight, 0)
  t.equal(summary.durationS, 1.5)
  t.equal(summary.endedEarly, null)
})

t.test('a seed offers the same number of requests again', async (t) => {
  const url = await serve(t, (_, response) => void response.end('ok'))
  const offered = async (seed: number) => (await runLoad({ url, urlPath: '/', stages: steady(500, 0.3), seed }).summary).requests.offered
  t.equal(await offered(3), await offered(3))
})

t.test('buyers order, read what was acknowledged, and every attempt is logged once', async (t) => {
  const keys = new Set<string>()
  const seen = new Map<string, number>()
  const url = await serve(
    t,
    shop((response, { key, quantity }, confirm) => {
      keys.add(key)
      if (quantity === 1) reply(response, 409, { code: 'sold_out' })
      else if (quantity === 2) reply(response, 202, { id: `pending-${key}`, state: 'pending' })
      else if (quantity === 3) response.destroy()
      else confirm()
    }, seen),
  )
  const acks: Acknowledgement[] = []
  const stages = steady(400, 0.6)
  const { summary } = runLoad({ url, stages, mix: { browse: 1, view: 1, order: 4, read: 1 }, onAcknowledgement: (ack) => acks.push(ack) })
  const { orders, byJourney, requests } = await summary
  t.equal(acks.length, orders.attempted)
  t.same(new Set(acks.map(({ key }) => key)), keys)
  t.equal(orders.confirmed, acks.filter(({ state }) => state === 'confirmed').length)
  t.ok(orders.confirmed > 0)
  for (const ack of acks) {
    const expected = {
      1: { outcome: 'refused', status: 409, code: 'sold_out' },
      2: { outcome: 'ok', status: 202, orderId: `pending-${ack.key}`, state: 'pending' },
      3: { outcome: 'failed', status: null, unknown: true },
      4: { outcome: 'ok', status: 201, orderId: `order-${ack.key}`, state: 'confirmed' },
    }[ack.quantity]
    t.match(ack, expected ?? { quantity: 'from 1 to 4' })
  }
  t.equal(byJourney.order?.requests.refused, acks.filter(({ outcome }) => outcome === 'refused').length)
  t.ok((byJourney.read?.requests.offered ?? 0) > 0)
  // Pending orders are unknown to this shop: reading one back is a lost acknowledgement, and told so.
  t.equal(
    byJourney.read?.requests.failed,
    [...seen].filter(([path]) => path.includes('pending-')).reduce((sum, [, count]) => sum + count, 0),
  )
  t.ok(requests.ok > 0)
})

t.test('a target that is not there fails every request, at its time', async (t) => {
  const run = runLoad({ url: `http://127.0.0.1:${await closedPort()}`, urlPath: '/', stages: steady(100, 0.3), arrivals: 'uniform' })
  const { requests, failures, latencyMs } = await run.summary
  t.match(requests, { offered: 30, failed: 30 })
  t.same(failures, { econnrefused: 30 })
  t.equal(latencyMs.max, null, 'a refused connection says nothing about latency')
})

t.test('what never answers counts as having taken the whole timeout', async (t) => {
  const url = await serve(t, () => undefined)
  const { requests, failures, latencyMs } = await runLoad({
    url,
    urlPath: '/',
    stages: steady(50, 0.2),
    arrivals: 'uniform',
    timeoutMs: 200,
  }).summary
  t.equal(requests.failed, 10)
  t.same(failures, { timeout: 10 })
  t.ok((latencyMs.p50 ?? 0) >= 200 && (latencyMs.max ?? 0) < 1000, `${latencyMs.p50} to ${latencyMs.max}`)
})

t.test('a late reply is granted and not on time, and its connection is kept', async (t) => {
  const url = await serve(t, (_, response) => void setTimeout(() => response.end('ok'), 150))
  const late = await runLoad({ url, urlPath: '/', stages: steady(50, 0.2), arrivals: 'uniform', onTimeMs: 100 }).summary
  t.match(late, { requests: { ok: 10, failed: 0 }, onTime: { withinMs: 100, ok: 0 } })
  const early = await runLoad({ url, urlPath: '/', stages: steady(50, 0.2), arrivals: 'uniform', onTimeMs: 5000 }).summary
  t.same(early.onTime, { withinMs: 5000, ok: 10 })
  t.throws(() => runLoad({ url, stages: steady(1, 1), onTimeMs: 0.5 }), /onTimeMs: must be a whole number above 0/)
})

t.test('too few connections are told', async (t) => {
  const url = await serve(t, (_, response) => void setTimeout(() => response.end('ok'), 30))
  const run = runLoad({
    url,
    urlPath: '/',
    stages: steady(200, 0.3),
    arrivals: 'uniform',
    limits: { connections: 1, connectionsMax: 2, queueMax: 10_000 },
  })
  const { schedule, warnings, connections, requests } = await run.summary
  t.equal(requests.ok, 60)
  t.ok(schedule.waitedForConnection > 30)
  t.match(warnings.at(-1), /waited for one of 2 connections/)
  t.equal(connections.max, 2)
})

t.test('stopping awaits what is under way', async (t) => {
  const url = await serve(t, (_, response) => void setTimeout(() => response.end('ok'), 100))
  const run = runLoad({ url, urlPath: '/', stages: steady(50, 3000) })
  for await (const sample of run.samples) {
    t.equal(sample.t, 1)
    break
  }
  run.stop('enough')
  const { requests, endedEarly, durationS } = await run.summary
  t.equal(endedEarly, 'enough')
  t.equal(requests.ok, requests.offered)
  t.ok(durationS < 60, `${durationS}`)
})

t.test('a shop without events cannot be loaded', async (t) => {
  const url = await serve(t, (_, response) => reply(response, 200, { events: [] }))
  await t.rejects(runLoad({ url, stages: steady(1, 1), patienceMs: 0 }).summary, { message: /listed no event/ })
  t.throws(() => runLoad({ url: 'ftp://h', stages: steady(1, 1) }), { name: 'UsageError' })
})
