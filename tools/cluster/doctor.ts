import { type Facts, gatherFacts } from './doctor/facts.ts'
import { type Finding, findingsText } from './doctor/finding.ts'
import { checkBalance, checkBudgets, checkCgroups, checkPods } from './doctor/pod-checks.ts'
import { checkAutoscalers, checkDropped, checkMetricsApi, checkRequests } from './doctor/scaling-checks.ts'
import type { KubeApi } from './kube-api.ts'
import type { Target } from './target.ts'

const checks: readonly ((facts: Facts) => Finding[])[] = [
  checkMetricsApi,
  checkAutoscalers,
  checkRequests,
  checkDropped,
  checkPods,
  checkBalance,
  checkBudgets,
  checkCgroups,
]

/** Everything that is known to keep a cluster from scaling, looked for in order of cause. */
export function diagnose(facts: Facts): Finding[] {
  return checks.flatMap((check) => check(facts))
}

/** Looks at a cluster and tells. @returns false when there is a problem */
export async function examine(target: Target, api: KubeApi, note: (text: string) => void): Promise<boolean> {
  const findings = diagnose(await gatherFacts(target, api))
  note(findingsText(findings))
  return findings.every(({ state }) => state !== 'problem')
}
