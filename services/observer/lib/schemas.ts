import { Type } from '@headroom/kit/schema'
import type { TSchema } from 'typebox'

const strict = { additionalProperties: false }
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

const PodStateSchema = Type.Enum(['starting', 'ready', 'draining', 'failed'])
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
          state: PodStateSchema,
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

const figures = {
  current: Type.Integer(),
  desired: Type.Integer(),
  ready: Type.Integer(),
  cpuPercent: orNull(Type.Number()),
  targetPercent: orNull(Type.Number()),
  requestsPerS: orNull(Type.Number()),
  shedPerS: orNull(Type.Number()),
  failedPerS: orNull(Type.Number()),
  p50Ms: orNull(Type.Number()),
  p99Ms: orNull(Type.Number()),
  pods: Type.Array(
    Type.Object(
      { name: Type.String(), state: PodStateSchema, requestsPerS: orNull(Type.Number()), cpuMillicores: orNull(Type.Number()) },
      strict,
    ),
  ),
}
const EdgeSchema = Type.Object(
  { from: Type.String(), to: Type.String(), requestsPerS: Type.Number(), shedPerS: Type.Number(), failedPerS: Type.Number() },
  strict,
)
const SampleSchema = Type.Object(
  {
    at: Type.String(),
    services: Type.Object({}, { additionalProperties: Type.Object(figures, strict) }),
    edges: Type.Array(EdgeSchema),
  },
  strict,
)
const DecisionSchema = Type.Object(
  { at: Type.String(), service: Type.String(), from: Type.Integer(), to: Type.Integer(), reason: Type.String() },
  strict,
)

/** GET /samples. */
export const HistorySchema = Type.Object({ samples: Type.Array(SampleSchema), decisions: Type.Array(DecisionSchema) }, strict)
