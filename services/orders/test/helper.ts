import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Service } from '@headroom/kit/service'
import { startDatabase, type TestDatabase } from '@headroom/kit/test/postgres'
import { build } from '@headroom/kit/testing'
import { service } from '../app.ts'
import { edges, type State } from '../lib/saga.ts'
import { FakeCatalog, FakeInventory, FakePayments } from './fakes.ts'

const migrateFile = new URL('../migrate.ts', import.meta.url)

interface Teardown {
  teardown(close: () => unknown): unknown
}

interface Tap {
  equal(found: unknown, wanted: unknown, message: string): unknown
}

/** The whole world of orders: a real Postgres, the other services as fakes, and as many replicas as a test wants. */
export class World {
  readonly inventory = new FakeInventory()
  readonly payments = new FakePayments()
  readonly catalog = new FakeCatalog()
  readonly database: TestDatabase

  private constructor(database: TestDatabase) {
    this.database = database
  }

  static async start(t: Teardown): Promise<World> {
    const world = new World(await startDatabase(t, migrateFile))
    const fakes = [world.inventory, world.payments, world.catalog]
    await Promise.all(fakes.map((fake) => fake.start()))
    t.teardown(() => Promise.all(fakes.map((fake) => fake.stop())))
    return world
  }

  get env(): Record<string, string> {
    const urls = { CATALOG_URL: this.catalog.url, INVENTORY_URL: this.inventory.url, PAYMENTS_URL: this.payments.url }
    return { ...this.database.env, ...urls }
  }

  /** One replica. Its loops rest unless the test says otherwise; what a request leaves behind is still picked up at once. */
  replica(t: { teardown(close: () => Promise<void>): unknown }, env: Record<string, string> = {}): Promise<Service> {
    return build(t, service, { ...this.env, RECOVERY_INTERVAL_MS: '60000', OUTBOX_INTERVAL_MS: '60000', ...env })
  }

  async rows<T>(text: string, values: unknown[] = []): Promise<T[]> {
    return (await this.database.query(text, values)).rows
  }

  async stateOf(id: string): Promise<State> {
    return (await this.rows<{ state: State }>('SELECT state FROM orders WHERE id = $1', [id]))[0]?.state as State
  }

  /** As if the replica that worked on them had been dead for long enough. */
  async endLeases(): Promise<void> {
    await this.database.query("UPDATE orders SET lease_until = now() - interval '1 ms' WHERE lease_until IS NOT NULL")
  }

  /** Waits until every order is finished. */
  async settled(): Promise<void> {
    await until(async () => (await this.rows('SELECT 1 FROM orders WHERE lease_until IS NOT NULL LIMIT 1')).length === 0)
  }

  /** Waits until every event is delivered. */
  async published(): Promise<void> {
    await until(async () => (await this.rows('SELECT 1 FROM outbox WHERE published_at IS NULL LIMIT 1')).length === 0)
  }

  /** Checks what must hold of all orders once all is settled, from rows and from what the other services have. */
  async audit(t: Tap): Promise<void> {
    const orders = await this.rows<{ id: string; state: State; step: number }>('SELECT id, state, step FROM orders')
    const outbox = await this.rows<{ order_id: string }>('SELECT order_id FROM outbox')
    const log = await this.rows<{ order_id: string; seq: number; from_state: State | null; to_state: State }>(
      'SELECT * FROM saga_log ORDER BY order_id, seq',
    )
    const wrong: string[] = []
    for (const { id, state, step } of orders) {
      const hold = this.inventory.holds.get(id)?.state
      const charge = this.payments.charges.get(id)?.state
      const events = outbox.filter(({ order_id }) => order_id === id).length
      const sound =
        state === 'confirmed'
          ? hold === 'confirmed' && charge === 'captured' && events === 1
          : state === 'cancelled' && hold !== 'held' && hold !== 'confirmed' && charge !== 'captured' && events === 0
      if (!sound) wrong.push(`${id} is ${state}, hold ${hold}, charge ${charge}, ${events} events`)
      const way = log.filter(({ order_id }) => order_id === id)
      if (!isPath(way, state) || way.length !== step) wrong.push(`${id} went ${JSON.stringify(way)}`)
    }
    const refunded = [...this.payments.charges.values()].filter(({ state }) => state === 'refunded').length
    if (refunded !== this.payments.refunds) wrong.push(`${this.payments.refunds} refunds of ${refunded} charges`)
    const known = new Set(orders.map(({ id }) => id))
    for (const { order_id } of [...outbox, ...log]) if (!known.has(order_id)) wrong.push(`${order_id} does not exist`)
    t.equal(wrong.join('\n'), '', 'all orders are sound')
  }
}

function isPath(way: { seq: number; from_state: State | null; to_state: State }[], end: State): boolean {
  let at: State | null = null
  for (const [index, { seq, from_state, to_state }] of way.entries()) {
    if (seq !== index + 1 || from_state !== at) return false
    if (at === null ? to_state !== 'pending' : !edges[at].includes(to_state)) return false
    at = to_state
  }
  return at === end
}

export const request = { eventId: 'aurora-live', tierId: 'aurora-live-floor', quantity: 2 }

/** Sends an order. */
export function post(
  { server }: Service,
  { key = randomUUID() as string, body = request as object, timeoutMs = undefined as number | undefined } = {},
) {
  const headers = { 'idempotency-key': key, ...(timeoutMs === undefined ? {} : { 'x-request-timeout-ms': String(timeoutMs) }) }
  return server.inject({ method: 'POST', url: '/orders', headers, payload: body })
}

/** Waits for what no event tells, for at most ten seconds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 10_000
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error('waited ten seconds in vain')
    await delay(10)
  }
}
