import t from 'tap'
import type { Analysis } from '../analysis.ts'
import { behaviorText } from '../behavior-text.ts'
import { ruledTable } from '../tables.ts'

const percent = { type: 'Percent' as const, value: 100, periodSeconds: 15 }
const pods = { type: 'Pods' as const, value: 4, periodSeconds: 15 }

t.test('the behavior of an autoscaler in words', async (t) => {
  const down = { stabilizationWindowSeconds: 60, policies: [percent] }
  t.equal(
    behaviorText({ scaleUp: { stabilizationWindowSeconds: 0, policies: [percent, pods] }, scaleDown: down }),
    'up: at once, 100 % / 15 s or 4 pods / 15 s; down: after 60 s, 100 % / 15 s',
  )
  t.equal(
    behaviorText({
      scaleUp: { policies: [percent, pods], selectPolicy: 'Min', tolerance: '0.05' },
      scaleDown: { selectPolicy: 'Disabled' },
    }),
    'up: at once, the least of 100 % / 15 s or 4 pods / 15 s, tolerance 0.05; down: never',
  )
  t.match(behaviorText({ scaleDown: {} }), 'down: after 300 s, 100 % / 15 s', 'with the defaults')
  t.equal(behaviorText(null), "Kubernetes' own")
})

t.test('what all autoscalers have in common is said once, and what differs in its row', async (t) => {
  const ruled = { minReplicas: 1, maxReplicas: 4, targetPercent: 60, cpuRequestMillicores: 40, cpuLimitMillicores: 80, autoscaled: true }
  const own = (stabilizationWindowSeconds: number) => ({ ruled: { ...ruled, behavior: { scaleDown: { stabilizationWindowSeconds } } } })
  const fixed = { ruled: { ...ruled, autoscaled: false, behavior: null } }
  const html = (services: object) => ruledTable({ services } as Analysis)
  const alike = html({ a: own(60), b: own(60), c: fixed })
  t.equal(alike.match(/down: after/g)?.length, 1)
  t.match(alike, '<p>Behavior of every autoscaler: up: at once')
  const different = html({ a: own(60), b: own(30), c: fixed })
  t.match(different, /<th scope="col">behavior<\/th>[\s\S]*after 60 s[\s\S]*after 30 s[\s\S]*<td>–<\/td>/)
  t.notMatch(different, 'every autoscaler')
})
