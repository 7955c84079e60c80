import { ProblemSchema } from '@headroom/kit/errors'
import { Type } from '@headroom/kit/schema'
import type { Server } from '@headroom/kit/service'
import { orderView } from '../lib/order.ts'
import { problems } from '../lib/problems.ts'
import { OrderSchema, Uuid } from '../lib/schemas.ts'

/** GET /orders/{id}: an order as it is now. */
export async function order(server: Server): Promise<void> {
  server.route({
    method: 'GET',
    url: '/orders/:id',
    config: { priority: 'finish', problems: ['order_not_found', 'database_unavailable'] },
    schema: {
      summary: 'Read an order',
      params: Type.Object({ id: Uuid }, { additionalProperties: false }),
      response: { 200: OrderSchema, default: ProblemSchema },
    },
    handler: async (request) => {
      const found = await server.orders.byId(request.params.id)
      if (found === undefined) throw problems.order_not_found()
      return orderView(found)
    },
  })
}
