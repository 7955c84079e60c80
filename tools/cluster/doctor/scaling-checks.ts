import { cpuOf } from '../fleet.ts'
import type { Condition, Hpa, Workload } from '../kube-types.ts'
import type { Facts } from './facts.ts'
import { type Finding, note, ok, problem } from './finding.ts'

/** Is there anything that serves CPU usage? Without it no autoscaler by CPU or memory can decide. */
export function checkMetricsApi({ metricsApi }: Facts): Finding[] {
  if (!metricsApi) {
    return [
      problem(
        'the cluster has no metrics API (metrics.k8s.io): autoscalers show <unknown>',
        'install metrics-server: `kubectl apply -f k8s/metrics-server.yaml` on kind, the add-on of that name on a managed cluster',
      ),
    ]
  }
  const available = metricsApi.status?.conditions?.find(({ type }) => type === 'Available')
  if (available?.status === 'True') return [ok('the metrics API answers')]
  const why = available?.message ?? 'no reason given'
  return [
    problem(
      `the metrics API is registered and does not answer: ${why}`,
      '`kubectl -n kube-system logs deploy/metrics-server`; on kind it needs --kubelet-insecure-tls, as in k8s/metrics-server.yaml',
    ),
  ]
}

/** Can each autoscaler read its metric, and did it hit its own bound? */
export function checkAutoscalers({ hpas, deployments }: Facts): Finding[] {
  if (hpas.length === 0)
    return [
      problem(
        'the namespace has no HorizontalPodAutoscaler',
        'set autoscaling.enabled to true for a service, and look at the right namespace (--namespace)',
      ),
    ]
  return hpas.flatMap((hpa) => {
    const conditions = hpa.status.conditions ?? []
    const broken = conditions.find(({ type, status }) => (type === 'AbleToScale' || type === 'ScalingActive') && status !== 'True')
    if (broken) return [explain(hpa, broken, deployments)]
    if (conditions.length === 0)
      return [
        note(
          `${hpa.metadata.name}: the controller has not looked at it yet`,
          'wait 15 s; if it stays so, kube-controller-manager does not run',
        ),
      ]
    const limited = conditions.find(
      ({ type, status, reason }) => type === 'ScalingLimited' && status === 'True' && reason === 'TooManyReplicas',
    )
    if (limited)
      return [
        note(
          `${hpa.metadata.name}: wants more than its maxReplicas of ${hpa.spec.maxReplicas}`,
          'raise autoscaling.maxReplicas, and with it the node and the database connections that it needs',
        ),
      ]
    const cpu = cpuOf(hpa.status.currentMetrics)?.current?.averageUtilization
    return [
      ok(
        `${hpa.metadata.name}: reads its metric${cpu === undefined ? '' : `, CPU ${cpu} % of ${cpuOf(hpa.spec.metrics)?.target?.averageUtilization ?? '?'} %`}`,
      ),
    ]
  })
}

function explain(hpa: Hpa, { reason, message }: Condition, deployments: Workload[]): Finding {
  const { name } = hpa.metadata
  const words = `${name}: ${reason ?? 'not active'}: ${message ?? 'no reason given'}`
  const target = deployments.find(({ metadata }) => metadata.name === hpa.spec.scaleTargetRef.name)
  if (!target)
    return problem(
      words,
      `scaleTargetRef names ${hpa.spec.scaleTargetRef.kind} ${hpa.spec.scaleTargetRef.name}, which is not in the namespace`,
    )
  if (reason === 'ScalingDisabled')
    return note(
      words,
      `the Deployment has 0 replicas, which turns autoscaling off: \`kubectl scale deployment ${target.metadata.name} --replicas 1\``,
    )
  if (/missing request for/.test(message ?? ''))
    return problem(words, 'give every container that the metric covers a CPU request: utilization is a percentage of it')
  if (
    /unable to (fetch|get) metrics from resource metrics API|no metrics returned|could not find the requested resource/.test(message ?? '')
  )
    return problem(words, 'the metrics API is absent, does not answer, or has no sample yet: new pods have one after about 30 s')
  if (/did not receive metrics for targeted pods|no recommendation/.test(message ?? ''))
    return problem(words, 'no pod of it is ready and measured yet: `kubectl get pods` shows what they wait for')
  return problem(words, '`kubectl describe hpa` shows its events')
}

/** Does every container that an autoscaler measures by utilization have a request? One without stops the whole pod's metric. */
export function checkRequests({ hpas, deployments }: Facts): Finding[] {
  const findings = hpas.flatMap((hpa) => {
    const deployment = deployments.find(({ metadata }) => metadata.name === hpa.spec.scaleTargetRef.name)
    return (hpa.spec.metrics ?? []).flatMap(({ type, resource, containerResource }) => {
      const metric = containerResource ?? resource
      if (!metric || metric.target?.averageUtilization === undefined) return []
      const containers = deployment?.spec.template.spec.containers ?? []
      const measured = type === 'ContainerResource' ? containers.filter(({ name }) => name === metric.container) : containers
      if (deployment && measured.length === 0)
        return [
          problem(
            `${hpa.metadata.name} measures container ${metric.container}, which ${deployment.metadata.name} does not have`,
            'name a container of the Deployment',
          ),
        ]
      return measured
        .filter(({ resources }) => resources?.requests?.[metric.name] === undefined)
        .map(({ name }) =>
          problem(
            `${deployment?.metadata.name}, container ${name}: no ${metric.name} request, so ${hpa.metadata.name} shows <unknown> for all of the pod`,
            `set resources.requests.${metric.name}; for an injected sidecar use a ContainerResource metric on your own container`,
          ),
        )
    })
  })
  return findings.length > 0 ? findings : [ok('every container that an autoscaler measures has a request')]
}

/** Did the cluster keep what was asked for? An older API server drops fields that it does not know, without a word. */
export function checkDropped({ rendered, values, hpas, serverVersion }: Facts): Finding[] {
  const findings: Finding[] = []
  for (const hpa of hpas) {
    const { name } = hpa.metadata
    const asked = rendered.find(({ kind, metadata }) => kind === 'HorizontalPodAutoscaler' && metadata.name === name)
    const lost = asked ? missingPaths(asked.spec, hpa.spec, 'spec') : []
    if (lost.length > 0)
      findings.push(
        problem(
          `${name}: the cluster (${serverVersion}) dropped ${lost.join(', ')}`,
          'it needs a newer cluster or a feature gate; without it the field has no effect',
        ),
      )
    const block = Object.values(values).find((value) => isTree(value) && value.name === name)
    for (const direction of ['scaleUp', 'scaleDown'] as const) {
      if (toleranceOf(block, direction) === undefined || hpa.spec.behavior?.[direction]?.tolerance !== undefined) continue
      findings.push(
        problem(
          `${name}: autoscaling.behavior.${direction}.tolerance is set and this cluster (${serverVersion}) does not know it`,
          'Kubernetes 1.35 does, or 1.33 with the gate HPAConfigurableTolerance; until then it is 10 %',
        ),
      )
    }
  }
  return findings.length > 0 ? findings : [ok('the cluster kept every field of the autoscalers')]
}

/** Paths of `asked` that `got` lacks. Values are not compared: the API server may write them differently. */
export function missingPaths(asked: unknown, got: unknown, path: string): string[] {
  if (Array.isArray(asked))
    return asked.flatMap((item, index) => missingPaths(item, Array.isArray(got) ? got[index] : undefined, `${path}[${index}]`))
  if (!isTree(asked)) return got === undefined ? [path] : []
  if (!isTree(got)) return [path]
  return Object.entries(asked).flatMap(([key, value]) => missingPaths(value, got[key], `${path}.${key}`))
}

function toleranceOf(block: unknown, direction: string): unknown {
  let value: unknown = block
  for (const key of ['autoscaling', 'behavior', direction, 'tolerance']) value = isTree(value) ? value[key] : undefined
  return value
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
