import { setTimeout as delay } from 'node:timers/promises'
import { run } from './command.ts'
import { ClusterError } from './errors.ts'
import type { KubeApi } from './kube-api.ts'
import type { Hpa } from './kube-types.ts'
import { isTrue } from './obstacles.ts'
import { chart, helm, kubectl, kubectlFlags, type Profile, release, type Target, valuesFiles } from './target.ts'

const metricsApi = '/apis/metrics.k8s.io/v1beta1/nodes'
const metricsWithinMs = 120_000
const pollMs = 2000

/** The namespace, with the strictest Pod Security level enforced by the cluster itself. */
export async function ensureNamespace(target: Target): Promise<void> {
  const level = { 'pod-security.kubernetes.io/enforce': 'restricted', 'pod-security.kubernetes.io/warn': 'restricted' }
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: target.namespace, labels: level } }
  await kubectl(target, ['apply', '--filename', '-'], { input: JSON.stringify(namespace) })
}

/** Applies a file of manifests as it is. */
export async function applyFile({ context }: Target, path: string): Promise<void> {
  await run('kubectl', [...(context ? ['--context', context] : []), 'apply', '--filename', path])
}

/** Installs or upgrades the on-sale; does not wait. */
export async function installChart(
  target: Target,
  options: { profile: Profile; tag: string; registry: string | undefined },
): Promise<void> {
  const { profile, tag, registry } = options
  const values = [...valuesFiles(profile).flatMap((file) => ['--values', file]), '--set-string', `global.image.tag=${tag}`]
  const images = registry ? ['--set-string', `global.image.registry=${registry}`] : []
  await helm(target, ['upgrade', '--install', release, chart, ...values, ...images])
}

/**
 * Changes one service's tag in an installed on-sale and leaves all other values as they are. What was never set follows the chart:
 * plain --reuse-values would keep the defaults of the chart that was installed, and miss keys that came since.
 */
export async function upgradeService(target: Target, service: string, tag: string): Promise<void> {
  await helm(target, ['upgrade', release, chart, '--reset-then-reuse-values', '--set-string', `${service}.image.tag=${tag}`])
}

/**
 * Waits until the cluster serves CPU usage.
 * @throws ClusterError when there is no metrics API, or it stays silent
 */
export async function waitForMetricsApi(api: KubeApi, installed: boolean): Promise<void> {
  const untilMs = Date.now() + (installed ? metricsWithinMs : 5000)
  while ((await api.find<{ items: unknown[] }>(metricsApi))?.items.length === undefined) {
    if (Date.now() > untilMs) {
      throw new ClusterError(
        installed
          ? 'metrics-server was installed and does not answer: `kubectl -n kube-system logs deploy/metrics-server` says why.'
          : 'This cluster has no metrics API (metrics.k8s.io), which the autoscalers read CPU usage from: install metrics-server, on a managed cluster its add-on (`kubectl top pods` then works).',
      )
    }
    await delay(pollMs)
  }
}

/**
 * Waits until every autoscaler of the namespace reads its metric.
 * @throws ClusterError naming the ones that do not, with the controller's reason
 */
export async function waitForAutoscalers(target: Target, api: KubeApi, note: (text: string) => void): Promise<void> {
  const untilMs = Date.now() + metricsWithinMs
  let told = -1
  for (;;) {
    const hpas = await api.list<Hpa>('autoscaling/v2', 'horizontalpodautoscalers')
    const blind = hpas.filter(({ status }) => !isTrue(status.conditions, 'ScalingActive'))
    if (told !== blind.length)
      note(
        blind.length === 0
          ? `${hpas.length} autoscalers read CPU`
          : `waiting for ${blind.length} of ${hpas.length} autoscalers to read CPU`,
      )
    told = blind.length
    if (blind.length === 0) return
    if (Date.now() > untilMs) {
      const why = blind.map(
        ({ metadata, status }) =>
          `  ${metadata.name}: ${status.conditions?.find(({ type }) => type === 'ScalingActive')?.message ?? 'no word from the controller'}`,
      )
      throw new ClusterError(
        `${blind.length} autoscalers see no metric after ${metricsWithinMs / 1000} s:\n${why.join('\n')}\n\`make doctor\` explains (namespace ${kubectlFlags(target).at(-1)}).`,
      )
    }
    await delay(pollMs)
  }
}
