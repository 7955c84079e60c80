import t from 'tap'
import type { Results } from '../check.ts'
import type { Service } from '../databases.ts'
import { type OnSale, startOnSale, TIER } from './on-sale.ts'

/** What retention does to one order, as the services' own statements do it; `$1` its id. */
const removal: readonly [Service, string][] = [
  ['orders', 'UPDATE orders SET idempotency_key = NULL, reply_status = NULL, reply_body = NULL WHERE id = $1'],
  ['orders', 'DELETE FROM saga_log WHERE order_id = $1'],
  ['orders', 'UPDATE orders SET log_kept = false WHERE id = $1'],
  ['orders', 'DELETE FROM outbox WHERE order_id = $1'],
  ['inventory', 'DELETE FROM holds WHERE id = $1'],
  ['inventory', `UPDATE tiers SET sold_pruned = sold_pruned + 2 WHERE id = '${TIER}' AND $1::uuid IS NOT NULL`],
  ['catalog', 'DELETE FROM inbox WHERE order_id = $1'],
  ['catalog', `UPDATE tiers SET sold_pruned = sold_pruned + 2 WHERE id = '${TIER}' AND $1::uuid IS NOT NULL`],
]

async function remove(onSale: OnSale, id: string, which: (statement: string) => boolean = () => true): Promise<void> {
  await onSale.query(
    'orders',
    "UPDATE orders SET created_at = now() - interval '40 days', key_expires_at = now() - interval '39 days' WHERE id = $1",
    [id],
  )
  await onSale.query('orders', "UPDATE outbox SET created_at = now() - interval '40 days' WHERE order_id = $1", [id])
  await onSale.query('catalog', "UPDATE inbox SET received_at = now() - interval '40 days' WHERE order_id = $1", [id])
  for (const [service, text] of removal) if (which(text)) await onSale.query(service, text, [id])
}

/** Says that everything older than that many days may be gone. */
async function announce(onSale: OnSale, days: number): Promise<void> {
  for (const [service, subject] of [
    ['inventory', 'holds'],
    ['orders', 'outbox'],
    ['catalog', 'inbox'],
  ] as const)
    await onSale.query(service, 'INSERT INTO retention (subject, removed_before) VALUES ($1, now() - make_interval(days => $2))', [
      subject,
      days,
    ])
}

const problems = (results: Results) => Object.values(results).flatMap(({ violations }) => violations.map(({ problem }) => problem))
const broken = (results: Results) => Object.entries(results).flatMap(([name, { holds }]) => (holds ? [] : [name]))

t.test('what retention removed', async (t) => {
  const onSale = await startOnSale(t)

  t.test('is no violation', async (t) => {
    const { confirmed, acknowledgements } = await onSale.plant()
    await remove(onSale, confirmed)
    await announce(onSale, 30)
    t.same(problems(await onSale.check(acknowledgements)), [])
  })

  for (const only of ['outbox', 'inbox', 'holds', 'saga_log'])
    t.test(`is none while only ${only} went`, async (t) => {
      const { confirmed, acknowledgements } = await onSale.plant()
      const statements = { outbox: /outbox/, inbox: /inbox/, holds: /holds/, saga_log: /saga_log|log_kept/ }[only] as RegExp
      await remove(onSale, confirmed, (text) => statements.test(text))
      const counted = { inbox: 'catalog', holds: 'inventory' }[only] as Service | undefined
      if (counted !== undefined) await onSale.query(counted, `UPDATE tiers SET sold_pruned = 2 WHERE id = '${TIER}'`)
      await announce(onSale, 30)
      t.same(problems(await onSale.check(acknowledgements)), [])
    })

  t.test('is one where nothing was announced, or the row was younger than what was', async (t) => {
    for (const days of [null, 50]) {
      const { confirmed, acknowledgements } = await onSale.plant()
      await remove(onSale, confirmed)
      if (days !== null) await announce(onSale, days)
      t.same(broken(await onSale.check(acknowledgements)), ['I2', 'I6'])
    }
  })

  t.test('is one where the event is missing from catalog alone, or from the outbox alone', async (t) => {
    for (const [service, text, invariants] of [
      ['catalog', 'DELETE FROM inbox WHERE order_id = $1', ['I6']],
      ['orders', 'DELETE FROM outbox WHERE order_id = $1', ['I6', 'I7']],
    ] as const) {
      const { confirmed, acknowledgements } = await onSale.plant()
      await announce(onSale, 30)
      await onSale.query(service, text, [confirmed])
      t.same(broken(await onSale.check(acknowledgements)), invariants)
    }
  })

  t.test('must have been counted, and an order whose log went has none of it', async (t) => {
    const { confirmed, acknowledgements } = await onSale.plant()
    await remove(onSale, confirmed, (text) => !/sold_pruned|DELETE FROM saga_log/.test(text))
    await announce(onSale, 30)
    const results = await onSale.check(acknowledgements)
    t.same(broken(results), ['I1', 'I6', 'I8'])
    t.match(results.I8.violations, [{ row: `orders.orders ${confirmed}`, problem: 'had its log removed, 4 of it is left' }])
  })

  t.test('a key that expired may have made another order', async (t) => {
    const { confirmed, other, acknowledgements } = await onSale.plant()
    const [first, second] = acknowledgements
    if (first === undefined || second === undefined) throw new Error('two orders were confirmed')
    await onSale.query('orders', 'UPDATE orders SET idempotency_key = NULL, key_expires_at = now() WHERE id = $1', [confirmed])
    await onSale.query('orders', 'UPDATE orders SET idempotency_key = $2 WHERE id = $1', [other, first.key])
    t.same(problems(await onSale.check([first, { ...second, key: first.key }])), [])
  })
})
