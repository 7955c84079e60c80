/** One watch over HTTP: newline-separated events until the client leaves, its time is up or it reads too slowly. */
import type { ServerResponse } from 'node:http'
import { ApiError, statusBody } from './errors.ts'
import type { Store } from './store.ts'
import type { KubeObject, StoredName } from './types.ts'
import type { WatchOptions } from './watch-hub.ts'

const TIMEOUT_SECONDS_DEFAULT = 30 * 60
const TIMEOUT_SECONDS_MAX = 60 * 60
const BUFFERED_BYTES_MAX = 1024 * 1024

export interface StreamOptions extends WatchOptions {
  /** Begin with an ADDED event for everything there is. */
  sendInitialEvents: boolean
  /** Follow those with the bookmark that says they are complete (the WatchList protocol). */
  markInitialEventsEnd: boolean
  bookmarks: boolean
  bookmarkIntervalMs: number
  timeoutSeconds: number | undefined
  /** The object as the client asked to see it. */
  render: (object: KubeObject) => object
  kind: { apiVersion: string; kind: string }
}

const INITIAL_EVENTS_END = { 'k8s.io/initial-events-end': 'true' }

/** Writes the events of one watch to a response. The response ends when the watch does. */
export function streamWatch(store: Store, name: StoredName, raw: ServerResponse, options: StreamOptions): void {
  raw.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache' })
  raw.flushHeaders()
  const send = (type: string, object: object) => {
    // It may have been ended from elsewhere, and is not closed yet.
    if (raw.writableEnded) return
    raw.write(`${JSON.stringify({ type, object })}\n`)
    // A client that does not read must not fill our memory; it will list again.
    if (raw.writableLength > BUFFERED_BYTES_MAX) raw.destroy()
  }
  const bookmark = (annotations?: Record<string, string>) =>
    send('BOOKMARK', { ...options.kind, metadata: { resourceVersion: store.resourceVersion, creationTimestamp: null, annotations } })
  const { namespace, matches } = options
  let from = options.fromResourceVersion
  if (options.sendInitialEvents) {
    const { items, resourceVersion } = store.list(name, { namespace, matches })
    for (const object of items) send('ADDED', options.render(object))
    if (options.markInitialEventsEnd) bookmark(INITIAL_EVENTS_END)
    from = resourceVersion
  }
  try {
    const stop = store.watch(name, { fromResourceVersion: from, namespace, matches }, ({ type, object }) =>
      send(type, options.render(object)),
    )
    endWithTimers(raw, stop, options, bookmark)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    // The headers are out, so a refusal is an event, as the API server's watch cache does it.
    raw.end(`${JSON.stringify({ type: 'ERROR', object: statusBody(error.code, error.reason, error.message) })}\n`)
  }
}

function endWithTimers(raw: ServerResponse, stop: () => void, options: StreamOptions, bookmark: () => void): void {
  const seconds = Math.min(options.timeoutSeconds ?? TIMEOUT_SECONDS_DEFAULT, TIMEOUT_SECONDS_MAX)
  const timeout = setTimeout(() => raw.end(), seconds * 1000)
  const bookmarks = options.bookmarks ? setInterval(bookmark, options.bookmarkIntervalMs) : undefined
  timeout.unref()
  bookmarks?.unref()
  raw.once('close', () => {
    stop()
    clearTimeout(timeout)
    clearInterval(bookmarks)
  })
}
