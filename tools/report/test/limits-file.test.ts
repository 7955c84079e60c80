import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { defaultLimits, readLimits } from '../limits-file.ts'
import { readPolicies, withPolicy } from '../policy.ts'
import type { Recording } from '../recording.ts'
import { folderOf, synthesize } from './synthetic.ts'

const recording: Recording = { ...synthesize(), pods: [], probes: [], warnings: [] }

function fileOf(t: Test, text: string): string {
  const path = join(folderOf(t), 'file.yaml')
  writeFileSync(path, text)
  return path
}

t.test('a limits file changes what it names, in YAML and in JSON', async (t) => {
  t.strictSame(readLimits(fileOf(t, 'firstDecisionSMax: 5\ngrown: [[orders]]\n')), { firstDecisionSMax: 5, grown: [['orders']] })
  t.strictSame(readLimits(fileOf(t, '{"failedMax": 3, "backWithinSMax": null}')), { failedMax: 3, backWithinSMax: null })
})

t.test('each engine has its own promises of growth, and all others in common', async (t) => {
  const { local, kubernetes } = defaultLimits
  t.match(local, { grownBy: 2, grown: [['gateway'], ['orders'], ['catalog', 'inventory']], grownServicesMin: null, backWithinSMax: null })
  t.match(kubernetes, { grown: [], grownServicesMin: 2, grownReplicas: 4, backWithinSMax: 240 })
  const own = { grown: [], grownServicesMin: null, backWithinSMax: null }
  t.strictSame({ ...local, ...own }, { ...kubernetes, ...own })
})

t.test('a limits file with a mistake is refused by its key', async (t) => {
  const cases: [RegExp, string][] = [
    [/firstDecisionMax is not known; known are failedMax, .*firstDecisionSMax/, 'firstDecisionMax: 5'],
    [/refusedShareMax must be a share from 0 to 1/, 'refusedShareMax: 5'],
    [/failedMax must be a whole number, 0 or more/, 'failedMax: -1'],
    [/grown\[0\] must be a list/, 'grown: [orders]'],
    [/invariantsHold must be true or false/, 'invariantsHold: "yes"'],
    [/the whole must be a map/, '[]'],
    [/not YAML/, '{'],
    [/longer than/, `# ${'x'.repeat(70_000)}`],
  ]
  for (const [sentence, text] of cases) t.throws(() => readLimits(fileOf(t, text)), { name: 'UsageError', message: sentence })
  t.throws(() => readLimits('/none.yaml'), /--limits \/none\.yaml: cannot be read \(ENOENT\)/)
})

t.test('a policy changes what it names and keeps the rest', async (t) => {
  const [policy] = readPolicies(
    fileOf(t, '- {name: lazy, targetPercent: 80, maxReplicas: 6, behavior: {scaleUp: {stabilizationWindowSeconds: 30}}}'),
    [recording],
  )
  const ruled = recording.header.services.gateway?.spec
  t.ok(policy && ruled)
  if (!policy || !ruled) return
  t.match(withPolicy(ruled, policy, 'gateway'), {
    scaleTargetRef: { name: 'gateway' },
    minReplicas: 1,
    maxReplicas: 6,
    metrics: [{ resource: { target: { averageUtilization: 80 } } }],
    behavior: { scaleUp: { stabilizationWindowSeconds: 30 }, scaleDown: { stabilizationWindowSeconds: 60 } },
  })
  t.equal(ruled.maxReplicas, 4, 'the recorded one stays')
})

t.test('a policy with a mistake is refused by its key, or by the service it would break', async (t) => {
  const cases: [RegExp, string][] = [
    [/policies\[0\]\.target is not known; known are name, targetPercent/, '- {name: x, target: 3}'],
    [/policies\[0\]\.name must be a text/, '- {targetPercent: 3}'],
    [/policies\[0\]\.behavior\.scaleUp\.window is not known/, '- {name: x, behavior: {scaleUp: {window: 3}}}'],
    [/policies must be a list/, 'name: x'],
    [/the name "x" is taken/, '- {name: x}\n- {name: x}'],
    [/the name "as it ruled" is taken/, '- {name: as it ruled}'],
    [/"x" on inventory: spec\.maxReplicas must not be less than spec\.minReplicas/, '- {name: x, minReplicas: 3}'],
    [/"x" on gateway: .*selectPolicy must be Max, Min or Disabled/, '- {name: x, behavior: {scaleUp: {selectPolicy: Most}}}'],
  ]
  for (const [sentence, text] of cases)
    t.throws(() => readPolicies(fileOf(t, text), [recording]), { name: 'UsageError', message: sentence })
})
