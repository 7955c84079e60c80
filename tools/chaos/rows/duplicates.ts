import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Acknowledgement } from '@headroom/load/results'
import { Pool } from 'undici'
import { OnSale } from '../on-sale.ts'
import { check, type Row } from '../row.ts'

const replicas = 3
const copies = 5
const keysAtOnce = 10
const order = { eventId: 'aurora-live', tierId: 'aurora-live-floor', quantity: 1 }

/** Impatient buyers and their retries: the same order, at the same time, at different replicas. */
export const duplicates: Row = {
  name: 'duplicates',
  promise: 'concurrent duplicates over 3 replicas give one confirmed order and one reply for each key',
  full: '1,000 keys x 5 concurrent duplicates',
  quick: '100 keys x 5 concurrent duplicates',
  async run(context) {
    const keys = Array.from({ length: context.count(1000, 100) }, () => randomUUID())
    const onSale = await OnSale.start(context, { replicas: { orders: replicas } })
    const pools = onSale.readyOf('orders').map(({ port }) => new Pool(`http://127.0.0.1:${port}`, { connections: 32 }))
    try {
      const replies = new Map<string, string[]>()
      const queue = [...keys]
      const buyer = async () => {
        for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
          const copy = (index: number) => settled(pools[index % pools.length] as Pool, String(key))
          replies.set(key, await Promise.all(Array.from({ length: copies }, (_, index) => copy(index))))
        }
      }
      await Promise.all(Array.from({ length: keysAtOnce }, buyer))
      const all = [...replies.values()].flat()
      const disagreeing = [...replies.values()].filter((replies) => new Set(replies).size !== 1).length
      const acknowledged = all.filter((reply) => reply.startsWith('201 ')).length
      const text =
        "SELECT count(*)::int AS orders, count(DISTINCT idempotency_key)::int AS keys, (count(*) FILTER (WHERE state = 'confirmed'))::int AS confirmed FROM orders WHERE idempotency_key = ANY($1)"
      const [made] = await onSale.rows<{ orders: number; keys: number; confirmed: number }>('orders', text, [keys])
      for (const [key, [reply = '']] of replies) onSale.acknowledgements.add(acknowledgement(key, reply))
      const wanted = keys.length
      return {
        figures: {
          keys: wanted,
          replies: all.length,
          'replies 201': acknowledged,
          orders: made?.orders ?? -1,
          confirmed: made?.confirmed ?? -1,
        },
        checks: [
          check(`${wanted} orders`, `${made?.orders}`, made?.orders === wanted && made.keys === wanted),
          check('all of them confirmed', `${made?.confirmed}`, made?.confirmed === wanted),
          check(`${wanted * copies} replies 201`, acknowledged, acknowledged === wanted * copies),
          check('the replies to a key agree', `${disagreeing} keys with different replies`, disagreeing === 0),
          ...(await onSale.invariants()),
        ],
      }
    } finally {
      await Promise.all(pools.map((pool) => pool.destroy()))
      await onSale.close()
    }
  },
}

/** The key's reply: 202 and 503 are documented as not being it yet. */
async function settled(pool: Pool, key: string): Promise<string> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key }
  for (let attempt = 1; attempt <= 50; attempt++) {
    const { statusCode, body } = await pool.request({ method: 'POST', path: '/orders', headers, body: JSON.stringify(order) })
    const text = await body.text()
    if (statusCode !== 202 && statusCode !== 503) return `${statusCode} ${text}`
    await delay(100)
  }
  return 'never settled'
}

/** A key's reply as the invariants checker reads it. */
function acknowledgement(key: string, reply: string): Acknowledgement {
  const status = Number.parseInt(reply, 10)
  const attempt = { key, ...order, atMs: Date.now() }
  if (status !== 201) return { ...attempt, outcome: 'failed', status: status || null, unknown: true }
  const { id, state } = JSON.parse(reply.slice(4)) as { id: string; state: string }
  return { ...attempt, outcome: 'ok', status, orderId: id, state }
}
