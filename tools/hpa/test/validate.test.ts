import t from 'tap'
import type { HpaSpec } from '../spec.ts'
import { validate } from '../validate.ts'
import { hpa } from './cluster.ts'

const BAD: [string, HpaSpec][] = [
  ['spec.minReplicas must be a whole number, 0 or more', hpa(50, { minReplicas: -1 })],
  ['spec.maxReplicas must be a whole number, 1 or more', hpa(50, { minReplicas: 0.5, maxReplicas: 0.5 })],
  ['spec.maxReplicas must not be less than spec.minReplicas', hpa(50, { minReplicas: 4, maxReplicas: 3 })],
  ['spec.minReplicas 0 needs at least one Object or External metric', hpa(50, { minReplicas: 0 })],
  ['spec.metrics[0]: averageUtilization must be greater than 0', hpa(0)],
  ['spec.behavior.scaleUp.policies must hold at least one policy', hpa(50, { behavior: { scaleUp: { policies: [] } } })],
  [
    'spec.behavior.scaleDown.stabilizationWindowSeconds must be from 0 to 3600',
    hpa(50, { behavior: { scaleDown: { stabilizationWindowSeconds: 3601 } } }),
  ],
  ['spec.behavior.scaleUp.tolerance must be a quantity, 0 or more', hpa(50, { behavior: { scaleUp: { tolerance: '-0.1' } } })],
  [
    'spec.behavior.scaleDown.policies[0].periodSeconds must be from 1 to 1800',
    hpa(50, { behavior: { scaleDown: { policies: [{ type: 'Pods', value: 1, periodSeconds: 1801 }] } } }),
  ],
  [
    'spec.behavior.scaleDown.policies[0].value must be greater than 0',
    hpa(50, { behavior: { scaleDown: { policies: [{ type: 'Percent', value: 0, periodSeconds: 15 }] } } }),
  ],
  [
    'spec.metrics[0]: averageValue must be a quantity greater than 0',
    hpa(50, { metrics: [{ type: 'Pods', pods: { metric: { name: 'qps' }, target: { type: 'AverageValue', averageValue: 'many' } } }] }),
  ],
  [
    'spec.metrics[0] sets no target value',
    hpa(50, { metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization' } } }] }),
  ],
]

for (const [sentence, spec] of BAD) {
  t.test(sentence, async (t) => t.ok(validate(spec).includes(sentence), validate(spec).join('; ')))
}

t.test('a metric of an unknown type is refused, not crashed on', async (t) => {
  const unknown = hpa(50, { metrics: [JSON.parse('{"type":"Weather"}')] })
  t.strictSame(validate(unknown), ['spec.metrics[0] needs a type and the matching block with a target'])
})

t.test('a full, sound spec passes', async (t) => {
  const rules = {
    stabilizationWindowSeconds: 3600,
    selectPolicy: 'Min' as const,
    policies: [{ type: 'Pods' as const, value: 4, periodSeconds: 1800 }],
    tolerance: 0,
  }
  t.strictSame(validate(hpa(50, { behavior: { scaleUp: rules, scaleDown: rules } })), [])
})
