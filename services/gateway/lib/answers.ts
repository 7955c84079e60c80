import type { Event } from './schemas.ts'

/** Tickets left by tier id. */
export type Remaining = ReadonlyMap<string, number>

/** A peer's answer is looked at before it is believed and kept: undefined when it is not what the peer documents. */
export function eventsOf(body: unknown): Event[] | undefined {
  const { events } = (body ?? {}) as { events?: unknown }
  return Array.isArray(events) && events.every((event) => eventOf(event) !== undefined) ? events : undefined
}

export function eventOf(body: unknown): Event | undefined {
  const { id, name, startsAt, tiers } = (body ?? {}) as Partial<Event>
  return areStrings(id, name, startsAt) && Array.isArray(tiers) && tiers.every(isTier) ? (body as Event) : undefined
}

function isTier(tier: Partial<Event['tiers'][number]> | null): boolean {
  return areStrings(tier?.id, tier?.name, tier?.currency) && Number.isInteger(tier?.priceCents)
}

function areStrings(...values: unknown[]): boolean {
  return values.every((value) => typeof value === 'string')
}

export function remainingOf(body: unknown): Remaining | undefined {
  const { tiers } = (body ?? {}) as { tiers?: { id?: unknown; remaining?: unknown }[] }
  if (!Array.isArray(tiers)) return undefined
  return new Map(tiers.flatMap(({ id, remaining }) => (Number.isInteger(remaining) ? [[String(id), remaining as number] as const] : [])))
}

/** True when the peer says that its answer may be out of date. */
export function isDegraded(body: unknown): boolean {
  return (body as { degraded?: unknown } | null)?.degraded === true
}
