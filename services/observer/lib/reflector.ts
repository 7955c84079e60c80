import { setImmediate as nextTurn } from 'node:timers/promises'
import { type AccessState, accessOf, backoffMs } from './access.ts'
import { type Clock, systemClock } from './clock.ts'
import { KubeError, type KubeHttp } from './kube-http.ts'
import type { Meta } from './objects.ts'

/** A watch that was open for this long ends a series of failures. */
const steadyMs = 10_000

interface KubeObject {
  metadata?: Meta & { resourceVersion?: string }
}

export interface ReflectorOptions<T> {
  http: Pick<KubeHttp, 'json' | 'lines'>
  /** Of the collection, such as `/api/v1/namespaces/shop/pods`. */
  path: string
  /** Mean time between full lists, jittered by half. */
  refreshMs: number
  /** Takes what there is now, after every change. */
  put: (objects: T[]) => void
  /** The API has said something that counts. */
  onHeard: () => void
  /** The API has accepted a watch, which says nothing of the objects yet. */
  onOpened: () => void
  /** A list or a watch could not be had. A watch that ends is no trouble: they all do. */
  onTrouble: (state: AccessState) => void
  clock?: Clock
}

/**
 * One resource, listed and then watched for as long as it runs. Whatever ends a watch, the next request comes after a jittered wait of at
 * least a second, which grows while watches do not last; and a full list now and then finds what a connection that went silent has missed.
 */
export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>
  readonly #clock: Clock
  readonly #stopped = new AbortController()
  readonly #objects = new Map<string, T>()
  #resourceVersion = ''
  #listDueAtMs = Number.NEGATIVE_INFINITY
  #openedAtMs: number | undefined

  constructor(options: ReflectorOptions<T>) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  /** Runs until `stop`; never rejects. */
  async run(): Promise<void> {
    const { signal } = this.#stopped
    for (let attempt = 0; !signal.aborted; ) {
      const refreshed = await this.#once()
      if (signal.aborted) return
      if (refreshed || this.#lasted()) attempt = 0
      // Reconnecting to read a list that is due is no failure.
      if (refreshed) await nextTurn()
      else await this.#wait(backoffMs(attempt++, () => this.#clock.random()))
    }
  }

  stop(): void {
    this.#stopped.abort(new Error('stopped'))
  }

  /** Lists when that is due, and watches until that ends. @returns true when a watch that was open ended because a list is due */
  async #once(): Promise<boolean> {
    this.#openedAtMs = undefined
    const due = new AbortController()
    let forget = () => {}
    try {
      if (this.#resourceVersion === '' || this.#clock.now() >= this.#listDueAtMs) await this.#list()
      forget = this.#clock.after(this.#listDueAtMs - this.#clock.now(), () => due.abort(new Error('a list is due')))
      await this.#watch(AbortSignal.any([this.#stopped.signal, due.signal]))
    } catch (error) {
      if (error instanceof KubeError && error.statusCode === 410) this.#resourceVersion = ''
      else if (this.#openedAtMs === undefined && !due.signal.aborted && !this.#stopped.signal.aborted)
        this.#options.onTrouble(accessOf(error))
    } finally {
      forget()
    }
    return due.signal.aborted && this.#openedAtMs !== undefined
  }

  async #list(): Promise<void> {
    const { http, path, refreshMs } = this.#options
    const { items, metadata } = await http.json<{ items: T[]; metadata?: { resourceVersion?: string } }>(path, this.#stopped.signal)
    this.#objects.clear()
    for (const item of items) this.#objects.set(keyOf(item), item)
    this.#resourceVersion = metadata?.resourceVersion ?? ''
    this.#listDueAtMs = this.#clock.now() + refreshMs * (0.5 + this.#clock.random())
    this.#heard()
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { http, path } = this.#options
    const query = new URLSearchParams({ watch: 'true', allowWatchBookmarks: 'true', resourceVersion: this.#resourceVersion })
    const opened = () => {
      this.#openedAtMs = this.#clock.now()
      this.#options.onOpened()
    }
    await http.lines(`${path}?${query}`, signal, opened, (line) => this.#told(JSON.parse(line)))
  }

  #told({ type, object }: { type: string; object: T & { code?: number; message?: string } }): void {
    if (type === 'ERROR') throw new KubeError(object.code ?? 500, object.message ?? 'the watch failed')
    if (type === 'ADDED' || type === 'MODIFIED') this.#objects.set(keyOf(object), object)
    if (type === 'DELETED') this.#objects.delete(keyOf(object))
    this.#resourceVersion = object.metadata?.resourceVersion ?? this.#resourceVersion
    this.#heard()
  }

  #heard(): void {
    this.#options.put([...this.#objects.values()])
    this.#options.onHeard()
  }

  #lasted(): boolean {
    return this.#openedAtMs !== undefined && this.#clock.now() - this.#openedAtMs >= steadyMs
  }

  #wait(ms: number): Promise<void> {
    const { signal } = this.#stopped
    return new Promise((resolve) => {
      const done = () => {
        forget()
        signal.removeEventListener('abort', done)
        resolve()
      }
      const forget = this.#clock.after(ms, done)
      signal.addEventListener('abort', done)
    })
  }
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata?.namespace}/${metadata?.name}`
}
