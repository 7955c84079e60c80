import t from 'tap'
import { reactionsOf, stagesOf } from '../reaction.ts'
import type { Recording } from '../recording.ts'
import type { LoadSample } from '../sample.ts'
import { synthesize } from './synthetic.ts'

const run = synthesize()
const recording: Recording = { ...run, pods: [], probes: [], warnings: [] }

t.test('stages are told from samples, and a rise is a step', async (t) => {
  t.strictSame(
    stagesOf(run.samples).map(({ name, atS, untilS, ratePerS }) => [name, atS, untilS, ratePerS]),
    [
      ['calm', 1, 31, 20],
      ['surge', 31, 61, 100],
      ['after', 61, 90, 20],
    ],
  )
  const [reaction, ...more] = reactionsOf(recording, 1000)
  t.strictSame(more, [])
  t.match(reaction, { stage: 'surge', atS: 31, fromPerS: 20, toPerS: 100, firstDecision: /^\w+ 1 -> \d: CPU at/ })
})

t.test('a pause without load ends a stage', async (t) => {
  const paused = run.samples.map((sample) => (sample.atS > 10 && sample.atS < 20 ? { ...sample, load: null } : sample))
  t.strictSame(
    stagesOf(paused).map(({ name, atS, untilS }) => [name, atS, untilS]),
    [
      ['calm', 1, 11],
      ['calm', 20, 31],
      ['surge', 31, 61],
      ['after', 61, 90],
    ],
  )
})

t.test('the first decision, the first new replica and the latency are timed from the step', async (t) => {
  const decisions = [
    { atS: 20, service: 'orders', from: 1, to: 2, reason: 'before the step' },
    { atS: 33, service: 'orders', from: 2, to: 1, reason: 'a step down' },
    { atS: 35, service: 'orders', from: 1, to: 3, reason: 'CPU at 200 %' },
  ]
  const pods = [
    { atS: 25, service: 'orders', pod: 'wanted', state: 'starting' as const },
    { atS: 35.1, service: 'orders', pod: 'new', state: 'starting' as const },
    { atS: 30, service: 'orders', pod: 'old', state: 'ready' as const },
    { atS: 31.5, service: 'orders', pod: 'wanted', state: 'ready' as const },
    { atS: 32, service: 'orders', pod: 'unknown', state: 'ready' as const },
    { atS: 33, service: 'orders', pod: 'old', state: 'starting' as const },
    { atS: 34, service: 'orders', pod: 'old', state: 'ready' as const },
    { atS: 39, service: 'orders', pod: 'new', state: 'ready' as const },
  ]
  const [told] = reactionsOf({ ...recording, decisions, pods }, 1000)
  t.match(told, { firstDecisionS: 4, firstDecision: 'orders 1 -> 3: CPU at 200 %', firstReadyS: 8, firstReady: 'new', p99BackS: 6 })
  const [without] = reactionsOf({ ...recording, decisions }, 1000)
  t.match(without, { firstReadyS: 3, firstReady: 'gateway' }, 'without pods: the first service with more ready ones')
  const [none] = reactionsOf({ ...recording, decisions: [], pods: pods.slice(0, -1) }, 1000)
  t.match(
    none,
    { firstDecisionS: null, firstDecision: null, firstReadyS: null, firstReady: null },
    'wanted before the step, or nobody knows since when',
  )
})

t.test('latency is back when it stays under the limit, within the stage', async (t) => {
  const p99 = (figure: (atS: number) => number) =>
    reactionsOf(
      {
        ...recording,
        samples: run.samples.map((sample) => ({ ...sample, load: { ...(sample.load as LoadSample), p99Ms: figure(sample.atS) } })),
      },
      1000,
    )[0]?.p99BackS
  t.equal(
    p99(() => 900),
    0,
    'never above',
  )
  t.equal(
    p99((atS) => (atS < 40 ? 2000 : 10)),
    9,
  )
  t.equal(
    p99((atS) => (atS < 40 || atS === 43 ? 2000 : 10)),
    13,
    'three seconds under it are not yet back',
  )
  t.equal(
    p99((atS) => (atS < 56 ? 2000 : 10)),
    25,
    'the last five seconds of the surge',
  )
  t.equal(
    p99((atS) => (atS < 57 ? 2000 : 10)),
    null,
    'four seconds say nothing of the fifth',
  )
  t.equal(
    p99((atS) => (atS < 70 ? 2000 : 10)),
    null,
    'back only after the surge',
  )
})
