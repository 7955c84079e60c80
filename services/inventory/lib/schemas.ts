import { Type } from '@headroom/kit/schema'
import type { Static } from 'typebox'

/** Ids of events and tiers: safe in a URL, a log line and SQL as they are. */
export const Id = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' })
export const Uuid = Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' })

export const ReservationSchema = Type.Object(
  { orderId: Uuid, eventId: Id, tierId: Id, quantity: Type.Integer({ minimum: 1, maximum: 4 }) },
  { title: 'Reservation', additionalProperties: false },
)
export type Reservation = Static<typeof ReservationSchema>

export const HoldSchema = Type.Object(
  {
    id: Type.String({ description: 'The order id.' }),
    eventId: Type.String(),
    tierId: Type.String(),
    quantity: Type.Integer(),
    state: Type.Union([Type.Literal('held'), Type.Literal('confirmed')]),
    expiresAt: Type.String({ description: 'When a hold that is not confirmed gives its tickets back, UTC.' }),
  },
  { title: 'Hold', additionalProperties: false },
)
export type Hold = Static<typeof HoldSchema>

export const HoldParams = Type.Object({ id: Uuid }, { additionalProperties: false })

export const AvailabilitySchema = Type.Object(
  {
    eventId: Type.String(),
    tiers: Type.Array(Type.Object({ id: Type.String(), remaining: Type.Integer() }, { additionalProperties: false })),
  },
  { title: 'Availability', additionalProperties: false },
)
export type Availability = Static<typeof AvailabilitySchema>
