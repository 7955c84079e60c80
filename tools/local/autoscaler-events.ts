/** The Events an autoscaler leaves. As in a cluster, the same words again raise a count instead of adding an event. */
import { randomBytes } from 'node:crypto'
import type { Store } from './kube/store.ts'
import type { Hpa, KubeEvent } from './kube/types.ts'

const COMPONENT = 'horizontal-pod-autoscaler'
/** Remembered messages; the oldest is forgotten and would begin a new event. */
const KNOWN_MAX = 500

export class Recorder {
  readonly #store: Store
  readonly #namespace: string
  readonly #names = new Map<string, string>()

  constructor(store: Store, namespace: string) {
    this.#store = store
    this.#namespace = namespace
  }

  record(hpa: Hpa, type: KubeEvent['type'], reason: string, message: string, nowMs: number): void {
    const key = `${hpa.metadata.uid}/${type}/${reason}/${message}`
    const name = this.#names.get(key)
    const at = new Date(nowMs).toISOString()
    // A name we know may belong to an event that has since given way to newer ones.
    if (name !== undefined && this.#store.get('events', this.#namespace, name) !== undefined) {
      this.#store.change('events', this.#namespace, name, (event) => {
        event.count = (event.count ?? 1) + 1
        event.lastTimestamp = at
      })
      return
    }
    const event = this.#store.create('events', eventOf(hpa, this.#namespace, type, reason, message, at))
    this.#names.delete(key)
    this.#names.set(key, event.metadata.name)
    const oldest = this.#names.keys().next().value
    if (this.#names.size > KNOWN_MAX && oldest !== undefined) this.#names.delete(oldest)
  }
}

function eventOf(
  { apiVersion, kind, metadata }: Hpa,
  namespace: string,
  type: KubeEvent['type'],
  reason: string,
  message: string,
  at: string,
): KubeEvent {
  const { name, uid } = metadata
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${randomBytes(8).toString('hex')}`, namespace },
    involvedObject: { apiVersion, kind, name, namespace, uid },
    type,
    reason,
    message,
    source: { component: COMPONENT },
    reportingComponent: COMPONENT,
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  }
}
