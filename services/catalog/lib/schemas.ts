import { Type } from '@headroom/kit/schema'

/** Ids of events and tiers: safe in a URL, a log line and SQL as they are. */
export const Id = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' })
export const Uuid = Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' })
/** In UTC, as every service writes it. */
export const Instant = Type.String({
  pattern: '^20\\d{2}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,6})?Z$',
})
export const Unchanged = Type.Null({ description: 'Unchanged since the ETag in If-None-Match' })

const Tier = Type.Object(
  { id: Id, name: Type.String(), priceCents: Type.Integer({ minimum: 1 }), currency: Type.String({ pattern: '^[A-Z]{3}$' }) },
  { additionalProperties: false },
)

const event = { id: Id, name: Type.String(), startsAt: Type.String(), tiers: Type.Array(Tier) }

/** True when the database could not be asked, so that this may be older than the cache's age limit. */
const Degraded = Type.Boolean()

export const EventSchema = Type.Object({ ...event, degraded: Degraded }, { title: 'Event', additionalProperties: false })

export const EventListSchema = Type.Object(
  { events: Type.Array(Type.Object(event, { additionalProperties: false })), degraded: Degraded },
  { title: 'EventList', additionalProperties: false },
)
