import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { failedProbes, ReadinessChanges } from '../readiness.ts'
import type { PodChange, ProbeAnswer } from '../recording.ts'
import { runReport } from '../report.ts'
import { recorded, synthesize } from './synthetic.ts'

const origin = Date.parse('2026-11-22T10:00:00.000Z')
const at = (seconds: number) => origin + seconds * 1000

t.test('answers are told when they change, at the moment they did', async (t) => {
  const changes = new ReadinessChanges(origin)
  const old = { name: 'old', ok: true, sinceMs: at(-9) }
  t.strictSame(changes.changes('orders', [old], at(1)), [], 'before the recording')
  const fresh = { name: 'new', ok: false, sinceMs: at(1.25) }
  t.match(changes.changes('orders', [old, fresh], at(2)), [{ atS: 1.25, pod: 'new', probe: 'readiness', ok: false }])
  t.strictSame(changes.changes('orders', [old, fresh], at(3)), [])
  const answers = changes.changes(
    'orders',
    [
      { ...old, ok: false, sinceMs: at(3.5) },
      { ...fresh, ok: true, sinceMs: at(99) },
    ],
    at(4),
  )
  t.match(answers, [
    { atS: 3.5, pod: 'old', ok: false },
    { atS: 4, pod: 'new', ok: true },
  ])
  t.strictSame(changes.changes('gateway', [], at(5)), [])
})

const change = (atS: number, pod: string, state: PodChange['state']): PodChange => ({ atS, service: 'orders', pod, state })
const answer = (atS: number, pod: string, ok: boolean, probe: ProbeAnswer['probe'] = 'readiness'): ProbeAnswer => {
  return { atS, service: 'orders', pod, probe, ok }
}

t.test('a replica that starts has not failed; one that had been ready has', async (t) => {
  const pods = [change(1, 'a', 'ready'), change(2, 'b', 'starting'), change(6, 'b', 'ready'), change(9, 'a', 'ready')]
  const probes = [
    answer(2.1, 'b', false),
    answer(5, 'a', false),
    answer(6, 'b', true),
    answer(7, 'a', false, 'liveness'),
    answer(9, 'a', true),
  ]
  t.strictSame(failedProbes('orders', probes, pods), { readiness: 1, liveness: 1 })
  t.strictSame(failedProbes('gateway', probes, pods), { readiness: 0, liveness: 0 })
})

t.test('the report counts them by service, and says nothing where none was recorded', async (t) => {
  const html = async (probes: ProbeAnswer[]) => {
    const folder = await recorded(t, { ...synthesize(), probes })
    runReport([folder], { out: () => {}, error: (text) => t.fail(text) })
    return readFileSync(join(folder, 'report.html'), 'utf8')
  }
  t.notMatch(await html([]), 'Failed probes')
  const told = await html([answer(40, 'pod-1', false), answer(42, 'pod-1', true)])
  t.match(told, /Failed probes[\s\S]*<th scope="row">orders<\/th><td class="n">1<\/td><td class="n">0<\/td>/)
})
