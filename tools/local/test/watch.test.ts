import t from 'tap'
import { watching } from './watching.ts'

t.test('replicas are recorded with their own times; one that leaves is seen in the samples', async (t) => {
  const startedAtMs = Date.now() - 5000
  const { watch, look, read } = await watching(t, startedAtMs)
  const old = { name: 'old', state: 'ready' as const, startedAtMs: startedAtMs - 9000, readyAtMs: startedAtMs - 8000 }
  const born = { name: 'new', state: 'starting' as const, startedAtMs: startedAtMs + 1234, readyAtMs: undefined }
  await look([old])
  await look([old, born])
  await look([old, { ...born, state: 'ready', readyAtMs: startedAtMs + 3456 }])
  await look([old])
  watch.decided({ atMs: startedAtMs - 400, service: 'orders', from: 1, to: 2, reason: 'CPU at 80 %' })
  watch.stop()
  const { pods, decisions } = await read()
  t.match(
    pods.filter(({ pod }) => pod === 'new'),
    [
      { atS: 1.234, state: 'starting' },
      { atS: 3.456, state: 'ready' },
      { atS: Number, state: 'gone' },
    ],
  )
  t.match(
    pods.filter(({ pod }) => pod === 'old'),
    [{ state: 'ready' }],
  )
  t.match(decisions, [{ atS: 0 }], 'never before the recording')
})

t.test('each second of load is recorded once, whenever its line comes, and dated by its own clock', async (t) => {
  const startedAtMs = Date.now() - 60_000
  const { watch, look, answerUntil, read } = await watching(t, startedAtMs)
  await look([])
  const offered = [3, 1, 4, 1, 5, 9, 2, 6]
  const second = { stage: 'calm', ok: 1, refused: 0, limited: 0, shed: 0, failed: 0, p50Ms: 1, p99Ms: 2 }
  for (const [index, count] of offered.entries()) {
    const line = { ...second, offered: count, t: index + 1, atMs: startedAtMs + 207 + (index + 1) * 1000, inFlight: 3 }
    watch.offered(line)
    // Some come together, some while a look is under way, some after it.
    if (index % 3 === 2) await new Promise(setImmediate)
  }
  await answerUntil(watch.loadEnded())
  await look([])
  watch.stop()
  const loads = (await read()).samples.map(({ load }) => load)
  t.strictSame(
    loads.map((load) => load && [load.atS, load.offered]),
    [null, ...offered.map((count, index) => [index + 0.207, count]), null],
  )
})

t.test('what readiness probes answer is recorded when it changes, but for a replica that leaves', async (t) => {
  const startedAtMs = Date.now() - 5000
  const { watch, look, read } = await watching(t, startedAtMs)
  const born = { name: 'new', state: 'starting' as const, startedAtMs: startedAtMs + 1000, readyAtMs: undefined }
  const since = (ms: number, ok: boolean) => ({ readiness: { ok, sinceMs: startedAtMs + ms } })
  const ready = { ...born, state: 'ready' as const, readyAtMs: startedAtMs + 2000 }
  await look([{ ...born, ...since(1100, false) }])
  await look([{ ...ready, ...since(2000, true) }])
  await look([{ ...ready, ...since(3000, false) }])
  await look([{ ...ready, state: 'terminating', ...since(4000, true) }])
  watch.stop()
  t.strictSame(
    (await read()).probes.map(({ atS, ok }) => [atS, ok]),
    [
      [1.1, false],
      [2, true],
      [3, false],
    ],
  )
})

t.test('a replica that becomes ready while it is looked at does not start twice', async (t) => {
  const startedAtMs = Date.now() - 5000
  const { watch, look, read } = await watching(t, startedAtMs)
  const born = { name: 'new', state: 'starting' as const, startedAtMs: startedAtMs + 1000, readyAtMs: undefined }
  const ready = { ...born, state: 'ready' as const, readyAtMs: startedAtMs + 2000 }
  await look([born], [ready])
  await look([ready])
  watch.stop()
  t.strictSame(
    (await read()).pods.map(({ atS, state }) => [atS, state]),
    [
      [1, 'starting'],
      [2, 'ready'],
    ],
  )
})

t.test('a look that is under way when the watch stops is left out, since the end is written by then', async (t) => {
  const { watch, look, answer, recording, read } = await watching(t, Date.now())
  await look([])
  const late = watch.look()
  await new Promise(setImmediate)
  watch.stop()
  const requests = { offered: 1, ok: 1, refused: 0, limited: 0, shed: 0, failed: 0 }
  const load = {
    startedAt: 'x',
    stages: [],
    requests,
    orders: { attempted: 0, confirmed: 0 },
    latencyMs: { p50: 1, p95: 1, p99: 1, max: 1 },
  }
  recording.end({ atS: watch.atS(), load, invariants: {} })
  answer()
  await late
  t.match(await read(), { samples: { length: 1 }, end: { invariants: {} } })
})

t.test('a wall clock that is set back does not take the recording back', async (t) => {
  const startedAtMs = Date.now()
  const { look, watch, read } = await watching(t, startedAtMs)
  await look([])
  const { now } = Date
  t.teardown(() => {
    Date.now = now
  })
  Date.now = () => now() + 60_000
  await look([])
  Date.now = now
  await look([])
  watch.stop()
  t.match(
    (await read()).samples.map(({ atS }) => Math.floor(atS / 60)),
    [0, 1, 1],
  )
})
