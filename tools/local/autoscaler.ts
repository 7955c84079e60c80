/**
 * The autoscaler of the local cluster: for every HorizontalPodAutoscaler in the store, once a sync period, the decision of
 * @headroom/hpa on what the store and the CPU measurements show. It writes what the controller in a cluster writes: the
 * deployment's size, the autoscaler's status and Events.
 *
 *   const autoscaler = startAutoscaler({ store, namespace: 'headroom', speed: 10, usage, onDecision })
 *   autoscaler.stop()
 *
 * `speed` is one factor for its whole clock: at 10, a sync period of 15 s passes in 1.5 s, a window of 300 s in 30 s, and
 * policies, readiness delays and measurement windows shrink alike. Pods start as fast as the machine starts them, so at a
 * higher speed they look slower to start.
 *
 * A replica counts as in a cluster: without a measurement it is missing (0 % on the way up, 100 % on the way down); in its
 * first 5 minutes its CPU counts once it is ready and one whole measurement window has passed since; before that it is
 * "not yet ready" (0 % on the way up). All of these minutes are of the sped-up clock.
 */
import { EMPTY_HISTORY, type History } from '@headroom/hpa/history'
import { type ControllerFlags, DEFAULT_FLAGS } from '@headroom/hpa/spec'
import { Recorder } from './autoscaler-events.ts'
import { type Clock, reconcile, type Scaled } from './autoscaler-reconcile.ts'
import type { Store } from './kube/store.ts'

/** CPU of a pod's one container, averaged over the `windowMs` that end at `atMs` (epoch). */
export interface PodUsage {
  millicores: number
  windowMs: number
  atMs: number
}

export interface AutoscalerOptions {
  store: Store
  namespace: string
  /** How many times faster than the wall clock its own clock runs. */
  speed: number
  /** The latest measurement of a pod; undefined when there is none. */
  usage: (podName: string) => PodUsage | undefined
  /** Called after each change of size. */
  onDecision?: (decision: Scaled) => void
  flags?: ControllerFlags
  /** The wall clock, in milliseconds; for tests. */
  now?: () => number
}

export interface Autoscaler {
  /** Decides for all autoscalers at once, out of turn. */
  sync: () => void
  stop: () => void
}

/** Starts the loop; its first decisions come one sync period later, as a controller's do. */
export function startAutoscaler(options: AutoscalerOptions): Autoscaler {
  const { store, namespace, speed, usage, onDecision = () => {}, flags = DEFAULT_FLAGS, now = Date.now } = options
  if (!(speed > 0)) throw new RangeError(`speed is ${speed}; it must be a number above 0`)
  const clock = clockOf(speed, now())
  const recorder = new Recorder(store, namespace)
  const histories = new Map<string, History>()

  const sync = () => {
    const { items } = store.list('horizontalpodautoscalers', { namespace })
    const known = new Set(items.map(({ metadata }) => metadata.uid ?? ''))
    for (const uid of histories.keys()) if (!known.has(uid)) histories.delete(uid)
    for (const hpa of items) {
      const uid = hpa.metadata.uid ?? ''
      const history = histories.get(uid) ?? EMPTY_HISTORY
      const result = reconcile({ store, recorder, usage, flags, clock, nowMs: now() }, hpa, history)
      if (result === undefined) continue
      histories.set(uid, result.history)
      if (result.scaled !== undefined) onDecision(result.scaled)
    }
  }

  const timer = setInterval(sync, flags.syncPeriodMs / speed)
  return { sync, stop: () => clearInterval(timer) }
}

/** Turns moments and lengths of the wall clock into those of a clock that runs faster since `originMs`. */
export function clockOf(speed: number, originMs: number): Clock {
  return {
    moment: (wallMs) => originMs + (wallMs - originMs) * speed,
    length: (wallMs) => wallMs * speed,
  }
}
