import { setTimeout as delay } from 'node:timers/promises'
import { pick } from '@headroom/load/random'
import { OnSale, until } from '../on-sale.ts'
import { check, type Row } from '../row.ts'

const tierId = 'aurora-live-floor'
const insert = `INSERT INTO outbox (order_id, type, payload)
  SELECT id, 'order.confirmed', jsonb_build_object('type', 'order.confirmed', 'orderId', id, 'eventId', 'aurora-live', 'tierId', $2::text,
    'quantity', 1, 'at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
  FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $1)) AS made`

/** Publishers die in the middle of deliveries, and the consumer says no, sometimes after it has done what was asked. */
export const outbox: Row = {
  name: 'outbox',
  promise: 'publishers killed and a consumer that fails one delivery in ten: every event takes effect exactly once',
  full: '5,000 events, 50 kills',
  quick: '500 events, 4 kills',
  async run(context) {
    const kills = context.count(50, 4)
    const events = context.count(5000, 500)
    const failing = { ratio: 0.1, deliveries: 0, failed: 0 }
    const env = { orders: { OUTBOX_INTERVAL_MS: '50' } }
    const onSale = await OnSale.start(context, { replicas: { orders: 3 }, env, middlemen: ['catalog'] })
    const middleman = onSale.middleman('catalog')
    middleman.treat = (path) => {
      if (path !== '/inbox') return 'pass'
      failing.deliveries++
      if (context.random() >= failing.ratio) return 'pass'
      failing.failed++
      return context.random() < 0.5 ? 'refuse' : 'lie'
    }
    try {
      const [before] = await onSale.rows<{ sold: number }>('catalog', 'SELECT sold::int FROM tiers WHERE id = $1', [tierId])
      for (let kill = 0; kill < kills; kill++) {
        // In small pieces, so that there is a delivery under way at any time.
        for (let piece = 0; piece < 5; piece++) {
          await onSale.rows('orders', insert, [events / kills / 5, tierId])
          await delay(context.random() * 100)
        }
        await onSale.ready('orders', 2)
        await onSale.kill(pick(onSale.readyOf('orders'), context.random))
      }
      const pending = async () =>
        (await onSale.rows<{ left: number }>('orders', 'SELECT count(*)::int AS left FROM outbox WHERE published_at IS NULL'))[0]?.left
      const lagMs = await until('every event delivered', async () => (await pending()) === 0, 30_000)
      const [taken] = await onSale.rows<{ taken: number }>('catalog', 'SELECT count(*)::int AS taken FROM inbox')
      const [after] = await onSale.rows<{ sold: number }>('catalog', 'SELECT sold::int FROM tiers WHERE id = $1', [tierId])
      const effects = Number(after?.sold) - Number(before?.sold)
      return {
        figures: {
          events,
          kills,
          deliveries: failing.deliveries,
          'deliveries failed': failing.failed,
          'lag at the end, ms': Math.round(lagMs),
        },
        checks: [
          check('deliveries failed', failing.failed, failing.failed > 0),
          check(
            `${events} effects exactly once`,
            `${effects} tickets counted, ${taken?.taken} events taken`,
            effects === events && taken?.taken === events,
          ),
          check('nothing left to deliver within 10 s', `${Math.round(lagMs)} ms`, lagMs <= 10_000),
        ],
      }
    } finally {
      await onSale.close()
    }
  },
}
