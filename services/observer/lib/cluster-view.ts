import type { AccessState } from './access.ts'
import { type Clock, systemClock } from './clock.ts'
import { Decisions } from './decisions.ts'
import { type FleetService, fleetOf } from './fleet.ts'
import type { Caches } from './objects.ts'
import { type Resource, resources } from './watch.ts'

/** What the observer knows, and how fresh it is. */
export interface Fleet extends AccessState {
  at: string
  namespace: string
  /** True when the last word on some resource is too old, or none ever came. */
  stale: boolean
  staleForS: number | null
  services: FleetService[]
}

const listenersMax = 100
/** Pods change in bursts: one word for all of a burst. */
const burstMs = 250

const connecting: AccessState = { access: 'connecting', detail: 'asking the Kubernetes API' }

/** The cluster as the caches show it, when it was last heard of, and who wants to be told of changes. */
export class ClusterView {
  readonly caches: Caches = { pods: [], deployments: [], autoscalers: [], events: [], usage: [] }
  readonly decisions = new Decisions()
  namespace: string
  state: AccessState = connecting
  readonly #staleAfterMs: number
  readonly #clock: Clock
  readonly #listeners = new Set<() => void>()
  readonly #heardAtMs = new Map<Resource, number>()
  readonly #troubles = new Map<Resource, AccessState>()
  #telling: NodeJS.Timeout | undefined

  constructor(namespace: string, staleAfterMs: number, clock: Clock = systemClock) {
    this.#clock = clock
    this.namespace = namespace
    this.#staleAfterMs = staleAfterMs
  }

  /** Age of the last word on the resource that was not heard of for longest, since what is shown is made of all; undefined before its first. */
  get staleForMs(): number | undefined {
    const oldest = Math.min(...resources.map((resource) => this.#heardAtMs.get(resource) ?? Number.NEGATIVE_INFINITY))
    return Number.isFinite(oldest) ? this.#clock.now() - oldest : undefined
  }

  fleet(): Fleet {
    const age = this.staleForMs
    return {
      at: new Date().toISOString(),
      namespace: this.namespace,
      ...this.state,
      stale: age === undefined || age > this.#staleAfterMs,
      staleForS: age === undefined ? null : Math.round(age / 1000),
      services: fleetOf(this.caches),
    }
  }

  /** Calls `listener` when something changed, at most four times a second; returns the function that stops it. */
  onChange(listener: () => void): () => void {
    if (this.#listeners.size >= listenersMax) throw new Error(`more than ${listenersMax} listeners`)
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  heard(resource: Resource): void {
    const known = this.staleForMs !== undefined
    this.#heardAtMs.set(resource, this.#clock.now())
    if (resource === 'horizontalpodautoscalers' || resource === 'deployments') this.decisions.look(this.caches, known)
    this.opened(resource)
  }

  /** The API lets the resource be watched; whether what is known of it is fresh is another matter. */
  opened(resource: Resource): void {
    this.#troubles.delete(resource)
    this.#become(this.#troubles.values().next().value ?? (this.staleForMs === undefined ? connecting : { access: 'ok', detail: '' }))
  }

  /** @returns true when it is news */
  trouble(resource: Resource, trouble: AccessState): boolean {
    this.#troubles.set(resource, trouble)
    return this.fail(trouble)
  }

  /** Trouble with everything. @returns true when it is news */
  fail(trouble: AccessState): boolean {
    const news = trouble.access !== this.state.access
    this.#become(trouble)
    return news
  }

  close(): void {
    clearTimeout(this.#telling)
  }

  #become(state: AccessState): void {
    this.state = state
    this.#telling ??= setTimeout(() => {
      this.#telling = undefined
      for (const listener of this.#listeners) listener()
    }, burstMs).unref()
  }
}
