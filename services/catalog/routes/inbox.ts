import { ProblemSchema } from '@headroom/kit/errors'
import { Type } from '@headroom/kit/schema'
import type { Server } from '@headroom/kit/service'
import { Id, Instant, Uuid } from '../lib/schemas.ts'
import { takeOrderEvents } from '../lib/statements.ts'

const OrderEventSchema = Type.Object(
  {
    id: Uuid,
    type: Type.Literal('order.confirmed'),
    orderId: Uuid,
    eventId: Id,
    tierId: Id,
    quantity: Type.Integer({ minimum: 1, maximum: 4 }),
    at: Instant,
  },
  { title: 'OrderEvent', additionalProperties: false },
)

/** POST /inbox: order events, delivered at least once, applied once. */
export async function inbox(server: Server): Promise<void> {
  server.route({
    method: 'POST',
    url: '/inbox',
    config: { priority: 'finish', problems: ['database_unavailable'] },
    schema: {
      summary: 'Take order events; those taken before have no further effect',
      body: Type.Object({ events: Type.Array(OrderEventSchema, { maxItems: 100 }) }, { additionalProperties: false }),
      response: { 200: Type.Object({ accepted: Type.Integer() }, { additionalProperties: false }), default: ProblemSchema },
    },
    handler: async (request) => ({ accepted: await takeOrderEvents(server.database, request.body.events) }),
  })
}
