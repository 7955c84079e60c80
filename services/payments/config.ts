import { defineConfig } from '@headroom/kit/config'
import { databaseProperties } from '@headroom/kit/database'
import { keptHours, retentionProperties } from '@headroom/kit/retention'
import { Type } from '@headroom/kit/schema'

export const config = defineConfig({
  ...databaseProperties,
  ...retentionProperties,
  DECLINED_CHARGE_RETENTION_HOURS: keptHours(
    720,
    'How long a declined charge is kept, and declines its order again; captured and refunded ones stay.',
  ),
  PAYMENT_LATENCY_MS: Type.Integer({
    default: 5,
    minimum: 0,
    maximum: 10_000,
    description: 'How long the simulated provider thinks about each charge and refund, without using CPU.',
  }),
  FAULTS_ENABLED: Type.Boolean({
    default: false,
    description: 'Offer fault switches at /faults on the ops port: extra latency, declines, errors. For rehearsals.',
  }),
})
