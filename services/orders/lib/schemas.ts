import { Type } from '@headroom/kit/schema'

/** Ids of events and tiers: safe in a URL, a log line and SQL as they are. */
const Id = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' })
export const Uuid = Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' })
const Quantity = Type.Integer({ minimum: 1, maximum: 4 })

export const OrderRequestSchema = Type.Object(
  {
    eventId: Id,
    tierId: Id,
    quantity: Quantity,
    buyer: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\u0000-\\u001f\\u007f]*$', description: 'Who the tickets are for.' }),
    ),
  },
  { title: 'OrderRequest', additionalProperties: false },
)

export const OrderSchema = Type.Object(
  {
    id: Uuid,
    state: Type.Enum(['pending', 'confirmed', 'cancelled'], { description: 'pending: the outcome is not known yet; read it again later.' }),
    reason: Type.Optional(Type.String({ description: 'Why it was cancelled.' })),
    eventId: Id,
    tierId: Id,
    quantity: Quantity,
    amountCents: Type.Integer({ minimum: 1 }),
    currency: Type.String({ pattern: '^[A-Z]{3}$' }),
    createdAt: Type.String(),
  },
  { title: 'Order', additionalProperties: false },
)
