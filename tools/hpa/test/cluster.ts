/** Builders shared by the tests: pods, samples and specs with sensible values to start from. */
import type { Input } from '../decide.ts'
import type { Reading } from '../metrics.ts'
import type { PodSample, PodState } from '../pods.ts'
import type { HpaSpec, ScalingRules } from '../spec.ts'

export const NOW_MS = 10_000_000
export const MINUTE_MS = 60_000

/** A pod that has been ready for long, with one container `app` that requests one CPU. */
export function pod(name: string, changes: Partial<PodState> = {}): PodState {
  return {
    name,
    phase: 'Running',
    deleting: false,
    startedAtMs: NOW_MS - 60 * MINUTE_MS,
    ready: { status: 'True', sinceMs: NOW_MS - 59 * MINUTE_MS },
    containers: [{ name: 'app', requests: { cpu: '1' } }],
    ...changes,
  }
}

export function pods(count: number, changes: Partial<PodState> = {}): PodState[] {
  return Array.from({ length: count }, (_, index) => pod(`pod-${index}`, changes))
}

/** Fresh one-minute samples for pod-0, pod-1, ... */
export function samples(...milli: number[]): Map<string, PodSample> {
  return new Map(milli.map((value, index) => [`pod-${index}`, { milli: value, timestampMs: NOW_MS, windowMs: MINUTE_MS }]))
}

/** An autoscaler for `orders` with one CPU utilization target. */
export function hpa(averageUtilization: number, changes: Partial<HpaSpec> = {}): HpaSpec {
  return {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'orders' },
    minReplicas: 1,
    maxReplicas: 10,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } }],
    ...changes,
  }
}

/** Rules that never hold anything back. */
export const FREE: ScalingRules = { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 1000, periodSeconds: 15 }] }

/** `currentReplicas` ready pods, each at the same CPU percentage of its request. */
export function loaded(currentReplicas: number, percent: number, changes: Partial<Input> = {}): Input {
  const reading: Reading = { samples: samples(...Array.from({ length: currentReplicas }, () => percent * 10)) }
  return { nowMs: NOW_MS, currentReplicas, pods: pods(currentReplicas), readings: [reading], ...changes }
}
