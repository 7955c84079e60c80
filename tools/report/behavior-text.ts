import { type DefaultedRules, type HpaSpec, withDefaults } from '@headroom/hpa/spec'

/** The behavior of an autoscaler in words: `up: at once, 100 % / 15 s or 4 pods / 15 s; down: after 60 s, 100 % / 15 s`. */
export function behaviorText(behavior: HpaSpec['behavior'] | null): string {
  if (behavior === null) return "Kubernetes' own"
  const { behavior: rules } = withDefaults({ scaleTargetRef: { kind: 'Deployment', name: '' }, maxReplicas: 1, behavior })
  return rules === undefined ? "Kubernetes' own" : `up: ${rulesText(rules.scaleUp)}; down: ${rulesText(rules.scaleDown)}`
}

function rulesText({ stabilizationWindowSeconds, selectPolicy, policies, tolerance }: DefaultedRules): string {
  if (selectPolicy === 'Disabled') return 'never'
  const when = stabilizationWindowSeconds === 0 ? 'at once' : `after ${stabilizationWindowSeconds} s`
  const steps = policies.map(({ type, value, periodSeconds }) => `${value} ${type === 'Percent' ? '%' : 'pods'} / ${periodSeconds} s`)
  const least = selectPolicy === 'Min' && policies.length > 1 ? 'the least of ' : ''
  return `${when}, ${least}${steps.join(' or ')}${tolerance === undefined ? '' : `, tolerance ${tolerance}`}`
}
