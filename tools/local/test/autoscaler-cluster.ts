import type { Test } from 'tap'
import { type AutoscalerOptions, type PodUsage, startAutoscaler } from '../autoscaler.ts'
import type { Scaled } from '../autoscaler-reconcile.ts'
import { Store } from '../kube/store.ts'
import type { Hpa, Pod } from '../kube/types.ts'
import { deployment, hpa, pod } from './kube/objects.ts'

export const START_MS = Date.parse('2026-01-01T00:00:00Z')

/** A local cluster with one deployment `orders` of 100m pods, moved by hand: its clock, its load and its pods. */
function cluster(t: Test, spec: Partial<Hpa['spec']> = {}, options: Partial<AutoscalerOptions> = {}) {
  const store = new Store()
  const usage = new Map<string, PodUsage>()
  const decisions: Scaled[] = []
  let nowMs = START_MS
  store.create('deployments', deployment('orders', 2))
  const { spec: base } = hpa('orders')
  store.create('horizontalpodautoscalers', { ...hpa('orders'), spec: { ...base, behavior: {}, ...spec } })
  const autoscaler = startAutoscaler({
    store,
    namespace: 'default',
    speed: 10,
    usage: (name) => usage.get(name),
    onDecision: (decision) => decisions.push(decision),
    now: () => nowMs,
    ...options,
  })
  t.teardown(() => autoscaler.stop())
  const addPod = (name: string, readySinceMs: number | null, startedAtMs = readySinceMs ?? nowMs) => {
    const at = new Date(readySinceMs ?? startedAtMs).toISOString()
    const conditions = [
      { type: 'Ready' as const, status: readySinceMs === null ? ('False' as const) : ('True' as const), lastTransitionTime: at },
    ]
    const status: Pod['status'] = { phase: 'Running', startTime: new Date(startedAtMs).toISOString(), conditions }
    store.create('pods', { ...pod(name), status })
  }
  /** Every pod uses so many millicores, measured over 1.5 s until now. */
  const load = (millicores: number) => {
    for (const { metadata } of store.list('pods').items) usage.set(metadata.name, { millicores, windowMs: 1500, atMs: nowMs })
  }
  return {
    store,
    usage,
    decisions,
    addPod,
    load,
    sync: () => autoscaler.sync(),
    pass: (ms: number) => {
      nowMs += ms
    },
    replicas: () => store.get('deployments', 'default', 'orders')?.spec.replicas,
    status: () => store.get('horizontalpodautoscalers', 'default', 'orders')?.status,
    /** By reason, since their names are random. */
    events: () =>
      store
        .list('events')
        .items.map(({ type, reason, message, count }) => ({ type, reason, message, count }))
        .sort((a, b) => (a.reason < b.reason ? -1 : 1)),
  }
}

/** Two pods that have been ready for an hour of the sped-up clock. */
export function settled(t: Test, spec?: Partial<Hpa['spec']>) {
  const c = cluster(t, spec)
  c.addPod('orders-1', START_MS - 360_000)
  c.addPod('orders-2', START_MS - 360_000)
  return c
}
