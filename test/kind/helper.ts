import { createInterface } from 'node:readline'
import { start } from '@headroom/cluster/command'
import type { Pod, Workload } from '@headroom/cluster/kube-types'
import { kubectlFlags, type Profile, type Target } from '@headroom/cluster/target'
import { bringUp, type OnSale } from '@headroom/cluster/up'
import type { Test } from 'tap'

/** The on-sale of `make kind-up`, brought up if need be; what is up already takes seconds. */
export async function onSale(t: Test, profile: Profile = 'kind'): Promise<OnSale> {
  const installed = await bringUp({ kind: true, registry: undefined, tag: undefined, namespace: 'headroom', profile }, (text) =>
    t.comment(text),
  )
  t.teardown(() => installed.api.close())
  return installed
}

/** Forwards a local port that the system chooses, as a user would with kubectl. @returns the base URL */
export async function portForward(t: Test, target: Target, resource: string, port: number): Promise<string> {
  const child = start('kubectl', [...kubectlFlags(target), 'port-forward', resource, `:${port}`], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill())
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const match = /Forwarding from (127\.0\.0\.1:\d+)/.exec(line)
    if (match) return `http://${match[1]}`
  }
  throw new Error(`kubectl port-forward ${resource} ended before it listened`)
}

/** Pods of the on-sale's services that run, by service; those on their way out are left out. */
export async function servicePods({ api, services }: OnSale): Promise<Map<string, Pod[]>> {
  const pods = await api.list<Pod>('v1', 'pods')
  const of = (service: string) =>
    pods.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === `headroom-${service}` && !metadata.deletionTimestamp)
  return new Map(services.map((service) => [service, of(service)]))
}

/** The pod templates that pods were made from: another one means a rollout, more or fewer pods of the same one the autoscaler. */
export function templates(pods: Pod[]): string[] {
  return [...new Set(pods.map(({ metadata }) => metadata.labels?.['pod-template-hash'] ?? ''))].sort()
}

/** How often containers restarted in all. */
export function restarts(pods: Pod[]): number {
  return pods.flatMap(({ status }) => status.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0)
}

/** Wanted replicas by Deployment. */
export async function wantedReplicas({ api }: OnSale): Promise<Map<string, number>> {
  const deployments = await api.list<Workload>('apps/v1', 'deployments')
  return new Map(deployments.map(({ metadata, spec }) => [metadata.name, spec.replicas ?? 1]))
}
