import t from 'tap'
import type { Results } from '../check.ts'
import { type OnSale, startOnSale, TIER } from './on-sale.ts'
import type { Plot } from './plots.ts'
import { PLOTS_OF_EVENTS } from './plots-of-events.ts'
import { PLOTS_OF_MONEY } from './plots-of-money.ts'
import { PLOTS_OF_TICKETS } from './plots-of-tickets.ts'

const PLOTS = [...PLOTS_OF_TICKETS, ...PLOTS_OF_MONEY, ...PLOTS_OF_EVENTS]

t.test('the invariants', async (t) => {
  const onSale = await startOnSale(t)

  t.test('hold where everything went as it should', async (t) => {
    const { acknowledgements } = await onSale.plant()
    const results = await onSale.check(acknowledgements)
    for (const [name, { holds, violations, checked }] of Object.entries(results)) {
      t.ok(holds, `${name} holds`, { found: violations })
      t.ok(checked > 0, `${name} looked at ${checked}`)
    }
  })

  for (const plot of PLOTS) t.test(`${plot.invariant} finds ${plot.name}`, (t) => findsPlot(t, onSale, plot))

  t.test('an outcome that is not known says nothing either way', async (t) => {
    const { acknowledgements } = await onSale.plant()
    const asked = { eventId: 'aurora-live', tierId: TIER, quantity: 2, status: null }
    const unknown = ['failed', 'shed', 'limited', 'unknown'].map((outcome) => ({ ...asked, key: `nobody-${outcome}`, outcome }))
    // The same outcomes for keys that did make an order.
    const known = acknowledgements.map(({ key }) => ({ ...asked, key, outcome: 'failed' }))
    t.same(broken(await onSale.check([...unknown, ...known])), [])
  })

  t.test('a pending order may end either way, and the key of one given up may be given back', async (t) => {
    const planted = await onSale.plant()
    const pending = planted.acknowledgements.map((ack, index) => {
      const orderId = [planted.confirmed, planted.other, planted.declined, planted.soldOut, planted.refunded][index]
      return { ...ack, outcome: 'ok', status: 202, orderId, state: 'pending' }
    })
    await onSale.query('orders', `UPDATE orders SET idempotency_key = NULL, reason = 'unavailable' WHERE id = $1`, [planted.soldOut])
    t.same(broken(await onSale.check([...pending, ...planted.acknowledgements.slice(0, 3)])), [])
  })

  t.test('after a 404 a key may make an order, and gives its reply from then on', async (t) => {
    const { acknowledgements } = await onSale.plant()
    const unknown = acknowledgements.map(({ orderId: _, ...ack }) => ({ ...ack, outcome: 'refused', status: 404 }))
    t.same(broken(await onSale.check([...unknown, ...acknowledgements])), [])
    const found = broken(await onSale.check([...acknowledgements, ...unknown]))
    t.match(found, Array(acknowledgements.length).fill({ problem: /and then 404$/ }))
  })

  t.test('a key that expired may be given back', async (t) => {
    const { acknowledgements, confirmed } = await onSale.plant()
    await onSale.query('orders', `UPDATE orders SET idempotency_key = NULL, key_expires_at = now() - interval '1 s' WHERE id = $1`, [
      confirmed,
    ])
    t.same(broken(await onSale.check(acknowledgements)), [])
  })

  t.test('of many violations all are counted and some are named', async (t) => {
    await onSale.plant()
    await onSale.query(
      'payments',
      `INSERT INTO charges (id, amount_cents, currency, state) SELECT gen_random_uuid(), 1, 'EUR', 'declined' FROM generate_series(1, 12000)`,
    )
    const { I5 } = await onSale.check([])
    t.equal(I5.violationCount, 12_000)
    t.equal(I5.violations.length, 100)
    t.equal(I5.checked, 12_006, 'every row was read, over several fetches')
  })
})

interface Asserts {
  ok(value: unknown, message: string, extra: { found: unknown }): unknown
}

async function findsPlot(t: Asserts, onSale: OnSale, plot: Plot): Promise<void> {
  const planted = await onSale.plant()
  const id = planted[plot.on]
  for (const [service, text] of plot.statements) await onSale.query(service, text, text.includes('$1') ? [id] : [])
  const results = await onSale.check(plot.acknowledgements?.(planted) ?? planted.acknowledgements)
  if (plot.mend !== undefined) {
    await onSale.plant()
    await onSale.query(...plot.mend)
  }
  const { violations } = results[plot.invariant]
  const pattern = ({ source }: RegExp) => new RegExp(source.replaceAll('ID', id))
  const named = violations.find(({ row, problem }) => pattern(plot.row).test(row) && pattern(plot.problem).test(problem))
  t.ok(named, 'names the row and what is wrong with it', { found: violations })
  t.ok(!results[plot.invariant].holds, 'and does not hold', { found: violations })
}

function broken(results: Results): unknown[] {
  return Object.values(results).flatMap(({ violations }) => violations)
}
