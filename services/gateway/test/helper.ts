import type { Service } from '@headroom/kit/service'
import { build } from '@headroom/kit/testing'
import { service } from '../app.ts'
import { type CannedReply, FakePeer, problem, type Seen } from './fake-peer.ts'

export const event = {
  id: 'aurora-live',
  name: 'Aurora Live',
  startsAt: '2027-03-01T19:00:00.000Z',
  tiers: [
    { id: 'aurora-live-floor', name: 'Floor', priceCents: 9500, currency: 'EUR' },
    { id: 'aurora-live-balcony', name: 'Balcony', priceCents: 6500, currency: 'EUR' },
  ],
}

export const order = {
  id: '0198f0a2-7c1d-7e3a-9b5c-0123456789ab',
  state: 'confirmed',
  eventId: 'aurora-live',
  tierId: 'aurora-live-floor',
  quantity: 2,
  amountCents: 19000,
  currency: 'EUR',
  createdAt: '2027-01-01T10:00:00.000Z',
}

/** A body that every test may send. */
export const wanted = { eventId: 'aurora-live', tierId: 'aurora-live-floor', quantity: 2 }

export interface Shop {
  service: Service
  server: Service['server']
  catalog: FakePeer
  inventory: FakePeer
  orders: FakePeer
  hello: FakePeer
}

export interface ShopOptions {
  env?: Record<string, string>
  /** What the peers answer. */
  catalog?: (seen: Seen) => CannedReply
  orders?: (seen: Seen) => CannedReply
  hello?: (seen: Seen) => CannedReply
}

/** Gateway in front of four real servers; everything ends with the test. */
export async function open(t: { teardown(close: () => Promise<void>): unknown }, options: ShopOptions = {}): Promise<Shop> {
  const catalog = await new FakePeer(options.catalog ?? catalogReply).listen()
  const inventory = await new FakePeer(inventoryReply).listen()
  const orders = await new FakePeer(options.orders ?? (() => ({ status: 201, body: order }))).listen()
  const hello = await new FakePeer(options.hello ?? (() => ({ status: 200, body: 'Hello World!' }))).listen()
  const service_ = await build(t, service, {
    CATALOG_URL: catalog.url,
    INVENTORY_URL: inventory.url,
    ORDERS_URL: orders.url,
    HELLO_URL: hello.url,
    CATALOG_TIMEOUT_MS: '1000',
    INVENTORY_TIMEOUT_MS: '1000',
    ORDERS_TIMEOUT_MS: '1000',
    HELLO_TIMEOUT_MS: '1000',
    ...options.env,
  })
  for (const peer of [catalog, inventory, orders, hello]) t.teardown(() => peer.close())
  return { service: service_, server: service_.server, catalog, inventory, orders, hello }
}

/** A request for tickets under its own key. */
export function buy(key: string, body: unknown = wanted) {
  return { method: 'POST', url: '/api/orders', headers: { 'idempotency-key': key }, payload: body as object } as const
}

/** The value of a metric without labels. */
export async function metric({ ops }: Service, name: string): Promise<number> {
  const { body } = await ops.inject('/metrics')
  const line = body.split('\n').find((line) => line.startsWith(`${name} `))
  if (line === undefined) throw new Error(`no metric ${name}`)
  return Number(line.slice(name.length + 1))
}

function catalogReply({ path, headers }: Seen): CannedReply {
  const etag = '"1"'
  const found = path === '/events' ? { events: [event] } : path === `/events/${event.id}` ? event : undefined
  if (found === undefined) return { status: 404, body: problem(404, 'event_not_found') }
  return headers['if-none-match'] === etag ? { status: 304, headers: { etag } } : { status: 200, body: found, headers: { etag } }
}

function inventoryReply({ path }: Seen): CannedReply {
  if (path !== `/availability/${event.id}`) return { status: 404, body: problem(404, 'event_not_found') }
  const tiers = event.tiers.map(({ id }, index) => ({ id, remaining: 100 - index }))
  return { status: 200, body: { eventId: event.id, tiers } }
}
