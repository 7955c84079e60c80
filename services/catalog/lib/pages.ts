import { createHash } from 'node:crypto'

/** One event with its tiers, as the API shows it. */
export interface CatalogEvent {
  id: string
  name: string
  startsAt: string
  tiers: { id: string; name: string; priceCents: number; currency: string }[]
}

/** A reply made in advance: the bytes, and the strong validator that names them. */
export interface Page {
  body: Buffer
  etag: string
}

/** Every reply the catalog can give, so that answering costs a look-up. */
export interface Pages {
  list: Page
  byId: ReadonlyMap<string, Page>
}

/** Renders all pages; `degraded` says in each that it may be old. */
export function renderPages(events: readonly CatalogEvent[], degraded: boolean): Pages {
  return {
    list: page({ events, degraded }),
    byId: new Map(events.map((event) => [event.id, page({ ...event, degraded })])),
  }
}

function page(content: object): Page {
  const body = Buffer.from(JSON.stringify(content))
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` }
}

/**
 * True when an If-None-Match header names the page the client would get (RFC 9110, 13.1.2: weak comparison).
 * @param header one entity tag, several with commas, or `*`
 */
export function isUnchanged(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  if (header === etag || header === '*') return true
  return header.split(',').some((entry) => entry.trim().replace(/^W\//, '') === etag)
}
