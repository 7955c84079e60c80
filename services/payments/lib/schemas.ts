import { Type } from '@headroom/kit/schema'
import type { Static } from 'typebox'

export const Uuid = Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' })

export const ChargeRequestSchema = Type.Object(
  {
    orderId: Uuid,
    amountCents: Type.Integer({ minimum: 1, maximum: 100_000_000 }),
    currency: Type.String({ pattern: '^[A-Z]{3}$' }),
  },
  { title: 'ChargeRequest', additionalProperties: false },
)
export type ChargeRequest = Static<typeof ChargeRequestSchema>

const charge = {
  id: Type.String({ description: 'The order id.' }),
  orderId: Type.String(),
  amountCents: Type.Integer(),
  currency: Type.String(),
}

export const ChargeSchema = Type.Object({ ...charge, state: Type.Literal('captured') }, { title: 'Charge', additionalProperties: false })
export type Charge = Static<typeof ChargeSchema>

export const RefundSchema = Type.Object(
  { ...charge, state: Type.Literal('refunded'), refundedAt: Type.String({ description: 'When the money went back, UTC.' }) },
  { title: 'Refund', additionalProperties: false },
)
export type Refund = Static<typeof RefundSchema>

export const ChargeParams = Type.Object({ id: Uuid }, { additionalProperties: false })

const Ratio = (description: string) => Type.Number({ default: 0, minimum: 0, maximum: 1, description })

export const FaultsSchema = Type.Object(
  {
    latencyMs: Type.Integer({ default: 0, minimum: 0, maximum: 60_000, description: 'Added to PAYMENT_LATENCY_MS.' }),
    declineRatio: Ratio('Share of new charges that are declined.'),
    errorRatio: Ratio('Share of requests that fail with provider_failed, half of them before and half after they took effect.'),
  },
  { title: 'Faults', additionalProperties: false },
)
export type Faults = Static<typeof FaultsSchema>
