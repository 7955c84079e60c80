import { Type } from '@headroom/kit/schema'
import type { Static } from 'typebox'

/** Ids are part of URLs, log lines and cache keys: lower case letters, digits and hyphens only. */
export const EventId = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$', description: 'Id of an event.' })
export const TierId = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$', description: 'Id of a tier, unique over all events.' })
export const OrderId = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
  description: 'Id of an order, a UUID in lower case.',
})

const tier = {
  id: Type.String(),
  name: Type.String(),
  priceCents: Type.Integer(),
  currency: Type.String(),
}

const event = {
  id: Type.String(),
  name: Type.String(),
  startsAt: Type.String(),
}

const degraded = Type.Boolean({ description: 'True when a part of the answer is missing or may be out of date.' })

export const EventList = Type.Object({
  events: Type.Array(Type.Object({ ...event, tiers: Type.Array(Type.Object(tier)) })),
  degraded,
})

export const EventView = Type.Object({
  ...event,
  tiers: Type.Array(
    Type.Object({
      ...tier,
      remaining: Type.Union([Type.Integer(), Type.Null()], { description: 'Tickets left; null when nobody can tell now.' }),
    }),
  ),
  degraded,
})

export type EventList = Static<typeof EventList>
export type EventView = Static<typeof EventView>
/** An event as catalog tells it. */
export type Event = EventList['events'][number]

/** An order as orders tells it. */
export const Order = Type.Object({
  id: Type.String(),
  state: Type.Enum(['pending', 'confirmed', 'cancelled'], { description: 'pending: the outcome is not known yet; read it again later.' }),
  reason: Type.Optional(Type.String({ description: 'Why it was cancelled.' })),
  eventId: Type.String(),
  tierId: Type.String(),
  quantity: Type.Integer(),
  amountCents: Type.Integer(),
  currency: Type.String(),
  createdAt: Type.String(),
})
