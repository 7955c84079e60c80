import type { AccessState } from './access.ts'
import { type FleetService, fleetOf } from './fleet.ts'
import type { Caches } from './objects.ts'

/** What the observer knows, and how fresh it is. */
export interface Fleet extends AccessState {
  at: string
  namespace: string
  /** True when the last word from the API is too old, or none ever came. */
  stale: boolean
  staleForS: number | null
  services: FleetService[]
}

const listenersMax = 100
/** Pods change in bursts: one word for all of a burst. */
const burstMs = 250

/** The cluster as the caches show it, when it was last heard of, and who wants to be told of changes. */
export class ClusterView {
  readonly caches: Caches = { pods: [], deployments: [], autoscalers: [], events: [], usage: [] }
  namespace: string
  state: AccessState = { access: 'connecting', detail: 'asking the Kubernetes API' }
  readonly #staleAfterMs: number
  readonly #listeners = new Set<() => void>()
  #heardAtMs: number | undefined
  #telling: NodeJS.Timeout | undefined

  constructor(namespace: string, staleAfterMs: number) {
    this.namespace = namespace
    this.#staleAfterMs = staleAfterMs
  }

  /** Age of the last word from the API; undefined before the first. */
  get staleForMs(): number | undefined {
    return this.#heardAtMs === undefined ? undefined : Date.now() - this.#heardAtMs
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

  heard(): void {
    this.#heardAtMs = Date.now()
    this.#become({ access: 'ok', detail: '' })
  }

  /** @returns true when it is news */
  trouble(trouble: AccessState): boolean {
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
