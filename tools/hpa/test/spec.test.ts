import t from 'tap'
import { DEFAULT_FLAGS, withDefaults } from '../spec.ts'

const TARGET = { scaleTargetRef: { kind: 'Deployment', name: 'orders' }, maxReplicas: 5 }

t.test('a spec with only a target and a maximum gets one replica at least and CPU at 80 %', async (t) => {
  t.strictSame(withDefaults(TARGET), {
    ...TARGET,
    minReplicas: 1,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
  })
})

t.test('an absent behavior stays absent, because the controller treats it differently', async (t) => {
  t.notOk('behavior' in withDefaults(TARGET))
})

t.test('an empty behavior becomes the documented default', async (t) => {
  t.strictSame(withDefaults({ ...TARGET, behavior: {} }).behavior, {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: [
        { type: 'Pods', value: 4, periodSeconds: 15 },
        { type: 'Percent', value: 100, periodSeconds: 15 },
      ],
    },
    scaleDown: { stabilizationWindowSeconds: 300, selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
  })
})

t.test('what is given stays, field by field; the scale-down window comes from the flag', async (t) => {
  const flags = { ...DEFAULT_FLAGS, downscaleStabilizationMs: 60_000 }
  const behavior = withDefaults(
    { ...TARGET, behavior: { scaleUp: { tolerance: '5m' }, scaleDown: { selectPolicy: 'Disabled' } } },
    flags,
  ).behavior
  t.match(behavior, {
    scaleUp: { tolerance: '5m', selectPolicy: 'Max' },
    scaleDown: { selectPolicy: 'Disabled', stabilizationWindowSeconds: 60 },
  })
})
