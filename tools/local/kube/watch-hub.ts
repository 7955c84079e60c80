/** Who watches which resource, and the changes a late watcher can still be told. */
import { ApiError } from './errors.ts'
import type { Matcher } from './selectors.ts'
import type { KubeObject, StoredName } from './types.ts'

export interface WatchEvent<Object extends KubeObject = KubeObject> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED'
  object: Object
}

export type WatchListener<Object extends KubeObject = KubeObject> = (event: WatchEvent<Object>) => void

export interface WatchOptions {
  fromResourceVersion?: string
  namespace?: string
  matches?: Matcher
}

export interface Change extends WatchEvent {
  /** The object before the change, to tell one that has entered or left a selector. */
  before: KubeObject | undefined
  version: number
}

interface Feed {
  changes: Change[]
  /** The newest version that was dropped from `changes`. */
  forgotten: number
  listeners: Set<(change: Change) => void>
}

const WATCHERS_MAX = 200

export class WatchHub {
  readonly #historyMax: number
  readonly #feeds = new Map<StoredName, Feed>()
  readonly #untold: { feed: Feed; change: Change }[] = []
  #telling = false

  constructor(historyMax: number) {
    this.#historyMax = historyMax
  }

  publish(name: StoredName, change: Change): void {
    const feed = this.#feed(name)
    feed.changes.push(change)
    if (feed.changes.length > this.#historyMax) feed.forgotten = feed.changes.shift()?.version ?? feed.forgotten
    this.#untold.push({ feed, change })
    // A listener that writes must not get its change told before the one it answers: later listeners would see them the wrong way round.
    if (!this.#telling) this.#tellAll()
  }

  watch(name: StoredName, options: WatchOptions, now: number, listener: WatchListener): () => void {
    const feed = this.#feed(name)
    const { fromResourceVersion, namespace, matches = () => true } = options
    const from = fromResourceVersion === undefined ? now : Number(fromResourceVersion)
    if (!Number.isSafeInteger(from) || from < 0) throw new ApiError(400, 'BadRequest', `invalid resource version "${fromResourceVersion}"`)
    if (from < feed.forgotten) throw new ApiError(410, 'Expired', `too old resource version: ${from} (${feed.forgotten})`)
    if (feed.listeners.size >= WATCHERS_MAX) throw new ApiError(429, 'TooManyRequests', `at most ${WATCHERS_MAX} watches of ${name}`)
    const selects = (object: KubeObject) => (namespace === undefined || object.metadata.namespace === namespace) && matches(object)
    let toldVersion = from
    const tell = (change: Change) => {
      if (change.version <= toldVersion) return
      toldVersion = change.version
      const event = seenThrough(change, selects)
      if (event !== undefined) listener(event)
    }
    for (const change of feed.changes) tell(change)
    feed.listeners.add(tell)
    return () => feed.listeners.delete(tell)
  }

  #tellAll(): void {
    this.#telling = true
    try {
      for (let next = this.#untold.shift(); next !== undefined; next = this.#untold.shift()) {
        for (const listener of [...next.feed.listeners]) listener(next.change)
      }
    } finally {
      this.#telling = false
    }
  }

  #feed(name: StoredName): Feed {
    const feed = this.#feeds.get(name) ?? { changes: [], forgotten: 0, listeners: new Set() }
    this.#feeds.set(name, feed)
    return feed
  }
}

/** A change as a selector sees it: an object that leaves the selection is gone for this watcher, one that enters is new. */
function seenThrough({ type, object, before }: Change, selects: Matcher): WatchEvent | undefined {
  const was = before !== undefined && selects(before)
  const is = type !== 'DELETED' && selects(object)
  if (was && is) return { type: 'MODIFIED', object }
  if (is) return { type: 'ADDED', object }
  return was ? { type: 'DELETED', object } : undefined
}
