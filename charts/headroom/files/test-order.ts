// Run by `helm test` through the gateway, as a buyer would: hello, the events, one order, the same order again.
import { randomUUID } from 'node:crypto'

const gateway = process.env.GATEWAY_URL ?? ''

async function ask(path: string, init: RequestInit = {}): Promise<{ status: number; text: string }> {
  const reply = await fetch(`${gateway}${path}`, { ...init, signal: AbortSignal.timeout(15_000) })
  const text = await reply.text()
  console.log(init.method ?? 'GET', path, reply.status, text)
  return { status: reply.status, text }
}

function must(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new Error(sentence)
}

const hello = await ask('/hello')
must(hello.status === 200 && hello.text === 'Hello World!', 'GET /hello does not say Hello World!')

const listing = await ask('/api/events')
must(listing.status === 200, 'GET /api/events is not answered with 200')
const { events } = JSON.parse(listing.text) as { events: { id: string; tiers: { id: string }[] }[] }
const event = events[0]
const tier = event?.tiers[0]
must(event !== undefined && tier !== undefined, 'there is no event to buy a ticket for: is the catalog seeded?')

const order = {
  method: 'POST',
  headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
  body: JSON.stringify({ eventId: event.id, tierId: tier.id, quantity: 1 }),
}
const first = await ask('/api/orders', order)
must([201, 202].includes(first.status), 'POST /api/orders is answered neither with 201 nor with 202')
const id = (JSON.parse(first.text) as { id: string }).id
const again = await ask('/api/orders', order)
must((JSON.parse(again.text) as { id: string }).id === id, 'the same Idempotency-Key made two orders')
const read = await ask(`/api/orders/${id}`)
must(read.status === 200, 'the order cannot be read back')
console.log('One order, once.')
