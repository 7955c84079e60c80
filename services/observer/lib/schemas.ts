import { Type } from '@headroom/kit/schema'
import type { TSchema } from 'typebox'

const strict = { additionalProperties: false }
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

const ServiceSchema = Type.Object(
  {
    name: Type.String(),
    current: Type.Integer(),
    desired: Type.Integer(),
    ready: Type.Integer(),
    minReplicas: orNull(Type.Integer()),
    maxReplicas: orNull(Type.Integer()),
    cpuPercent: orNull(Type.Integer()),
    targetPercent: orNull(Type.Integer()),
    conditions: Type.Array(
      Type.Object({ type: Type.String(), status: Type.String(), reason: Type.String(), message: Type.String() }, strict),
    ),
    pods: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          state: Type.Enum(['starting', 'ready', 'draining', 'failed']),
          startedAt: orNull(Type.String()),
          restarts: Type.Integer(),
          cpuMillicores: orNull(Type.Number()),
        },
        strict,
      ),
    ),
    decisions: Type.Array(Type.Object({ at: Type.String(), to: Type.Integer(), reason: Type.String() }, strict)),
  },
  strict,
)

/** GET /fleet, and the data of each event of GET /fleet/stream. */
export const FleetSchema = Type.Object(
  {
    at: Type.String(),
    namespace: Type.String(),
    access: Type.Enum(['connecting', 'ok', 'forbidden', 'absent']),
    detail: Type.String(),
    stale: Type.Boolean(),
    staleForS: orNull(Type.Integer()),
    services: Type.Array(ServiceSchema),
  },
  strict,
)
