import { join } from 'node:path'
import t from 'tap'
import { agreementOf } from '../agreement.ts'
import { oracleOf } from '../capacity.ts'
import { defaultPolicies, ruled } from '../policy.ts'
import { type Recording, readRecording } from '../recording.ts'
import { replay } from '../replay.ts'
import { integral, spansOf } from '../spans.ts'
import { syncMoments } from '../sync-moments.ts'
import { polled } from './polled.ts'
import { recorded, synthesize } from './synthetic.ts'

const fast = synthesize()
const shapes = { 'at 8 times real time': fast, 'on a cluster': synthesize({ engine: 'kubernetes', speed: 1, seconds: 900 }) }

t.test('under the policy that ruled, the replay does what was recorded', async (t) => {
  for (const [name, run] of Object.entries(shapes)) {
    const recording = readRecording(join(await recorded(t, run), 'recording.ndjson'))
    const startUpS = name === 'on a cluster' ? 1 : 2
    for (const service of ['gateway', 'catalog', 'orders']) {
      const outcome = replay(recording, service, ruled, startUpS, oracleOf(recording.samples, service, 1))
      const own = run.decisions.filter((decision) => decision.service === service)
      t.equal(outcome?.changes, own.length, `${service} ${name}`)
      t.equal(outcome?.maxReplicas, Math.max(...own.map(({ to }) => to)))
      t.equal(
        outcome?.replicaSeconds,
        integral(spansOf(recording.samples), service, ({ current }) => current),
      )
    }
    t.equal(replay(recording, 'payments', ruled, 0, undefined), undefined, 'nobody sizes it')
  }
})

t.test('a higher target takes fewer replicas, a lower one more, and no window comes back sooner', async (t) => {
  const recording = readRecording(join(await recorded(t), 'recording.ndjson'))
  const oracle = oracleOf(recording.samples, 'gateway', 1)
  const seconds = [ruled, ...defaultPolicies].map((policy) => replay(recording, 'gateway', policy, 2, oracle)?.replicaSeconds ?? 0)
  const [asRuled = 0, higher = 0, lower = 0, unstable = 0] = seconds
  t.ok(higher < asRuled && asRuled < lower, seconds.join(' '))
  t.ok(unstable < asRuled, seconds.join(' '))
  const capped = replay(recording, 'gateway', { name: 'capped', minReplicas: 2, maxReplicas: 2 }, 2, oracle)
  t.match(capped, { maxReplicas: 2, changes: 1, sizes: [{ replicas: 1 }, { replicas: 2 }] })
  t.ok((capped?.shortageS ?? 0) > 25, 'two do not carry the surge')
  t.equal(replay(recording, 'gateway', ruled, 2, undefined)?.shortageS, null)
})

t.test('slow starts are paid for in seconds of shortage', async (t) => {
  const recording = readRecording(join(await recorded(t), 'recording.ndjson'))
  const oracle = oracleOf(recording.samples, 'gateway', 1)
  const shortage = (startUpS: number) => replay(recording, 'gateway', ruled, startUpS, oracle)?.shortageS ?? 0
  t.ok(shortage(15) > shortage(2), `${shortage(15)} s, ${shortage(2)} s`)
})

t.test('without CPU nothing is decided', async (t) => {
  const silent = fast.samples.map((sample) => {
    const gateway = { ...sample.services.gateway, cpuPercent: null, pods: undefined }
    return { ...sample, services: { gateway } }
  }) as Recording['samples']
  const recording: Recording = { ...fast, samples: silent, decisions: [], pods: [], probes: [], warnings: [] }
  t.match(replay(recording, 'gateway', ruled, 0, undefined), { changes: 0, maxReplicas: 1 })
})

t.test('sync moments are pulled to the decisions', async (t) => {
  const decision = (atS: number) => ({ atS, service: 'orders', from: 1, to: 2, reason: 'x' })
  const samples = fast.samples.map((sample) => ({ ...sample, services: {} }))
  const rest = { samples, pods: [], probes: [], warnings: [] }
  const at = (engine: 'local' | 'kubernetes', speed: number, ...decidedAtS: number[]) =>
    syncMoments({ ...fast, header: { ...fast.header, engine, speed }, decisions: decidedAtS.map(decision), ...rest }, 'orders')
  t.strictSame(at('local', 1), [15, 30, 45, 60, 75, 90])
  t.strictSame(at('local', 1, 31), [16, 31, 46, 61, 76], 'never less than a period apart')
  t.strictSame(at('kubernetes', 1, 37), [7, 22, 37, 52, 67, 82])
})

t.test('prediction and recording agree on what the same rules decided, and a difference is listed', async (t) => {
  for (const [name, run] of Object.entries(shapes)) {
    const recording = readRecording(join(await recorded(t, run), 'recording.ndjson'))
    for (const service of ['gateway', 'catalog', 'inventory', 'orders']) {
      const agreement = agreementOf(recording, service)
      t.match(agreement, { agreePercent: 100, differences: [] }, `${service} ${name}`)
      t.ok((agreement?.periods ?? 0) > 40)
    }
    t.equal(agreementOf(recording, 'payments'), undefined)
  }
  const recording = readRecording(join(await recorded(t), 'recording.ndjson'))
  for (const { atS, services } of recording.samples) if (services.orders && atS > 20 && atS < 24) services.orders.desired = 4
  const agreement = agreementOf(recording, 'orders')
  t.match(agreement?.differences[0], { current: 1, predicted: 1, recorded: 4 })
  t.ok((agreement?.agreePercent ?? 100) < 100 && (agreement?.agreeChangesPercent ?? 100) < 100)
})

t.test("where pods have no CPU of their own, a cluster's is the one in the autoscaler's status", async (t) => {
  const recording = readRecording(join(await recorded(t, shapes['on a cluster']), 'recording.ndjson'))
  for (const { services } of recording.samples) for (const service of Object.values(services)) delete service.pods
  const agreement = agreementOf({ ...recording, pods: [] }, 'gateway')
  t.ok((agreement?.agreePercent ?? 0) > 90, `${agreement?.agreePercent} %`)
})

t.test('a cluster that is seen late and in parts is predicted all the same', async (t) => {
  const all = { periods: 0, changes: 0, differences: 0 }
  for (let seed = 1; seed <= 20; seed++) {
    const agreement = agreementOf(polled(seed * 7919), 'orders')
    all.periods += agreement?.periods ?? 0
    all.changes += agreement?.changes ?? 0
    all.differences += agreement?.differences.length ?? 0
  }
  const { periods, changes, differences } = all
  t.ok(periods > 700 && changes > 60, `${periods} periods, ${changes} with a change`)
  // What a recording of a real cluster must reach: 95 % of all periods, 80 % of those in which either changed something.
  t.ok(differences <= periods * 0.05 && differences <= changes * 0.2, `${differences} differences`)
})

t.test('the percentage in a status comes through whole, whatever the request', async (t) => {
  const service = (desired: number, cpuPercent: number) => ({
    ...{ current: 1, ready: 1, targetPercent: 60, requestsPerS: 0, p99Ms: null, shedPerS: 0, failedPerS: 0 },
    ...{ desired, cpuPercent },
  })
  const [gateway] = Object.values(shapes['on a cluster'].header.services)
  for (const cpuRequestMillicores of [20, 35, 40, 50, 1000]) {
    const header = { ...shapes['on a cluster'].header, services: { orders: { ...gateway, cpuRequestMillicores } } } as Recording['header']
    for (let percent = 1; percent < 250; percent++) {
      const sample = (atS: number, desired: number) => ({ atS, load: null, services: { orders: service(desired, percent) } })
      // Wanted by nobody, so that the prediction is told as a difference.
      const samples = [sample(1, 1), sample(16, 9), sample(31, 9)]
      const recording = { header, samples, decisions: [], pods: [], probes: [], end: undefined, warnings: [] }
      const why = agreementOf(recording, 'orders')?.differences[0]?.why
      if (!why?.startsWith(`CPU at ${percent} %`)) t.fail(`${percent} % of ${cpuRequestMillicores}m: ${why}`)
    }
  }
})
