import { randomUUID } from 'node:crypto'
import { OnSale, until } from '@headroom/chaos/on-sale'
import { seededRandom } from '@headroom/load/random'
import { linesOfFolder } from '@headroom/logs/read'
import t, { type Test } from 'tap'
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../kit/test/otlp-receiver.ts'

// Real processes and a real Postgres: a busy machine takes its time.
t.setTimeout(180_000)

const kinds = { server: 2, client: 3 }
/** The path of an order through the services. */
const services = ['catalog', 'gateway', 'inventory', 'orders', 'payments']
/** Clocks of two processes differ a little; and on a busy machine a caller has its answer long before the other side has seen its reply leave. */
const startSlackMs = 25
const endSlackMs = 2000

t.test('one order is one trace through all services, also one that fails', async (t) => {
  const receiver = await startOtlpReceiver(t)
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }
  const context = {
    seed: 1,
    random: seededRandom(1),
    quick: true,
    count: (_full: number, quick: number) => quick,
    folder: t.testdir({}),
    note: (text: string) => t.comment(text),
    signal: new AbortController().signal,
  }
  const onSale = await OnSale.start(context, {
    // One of each, so that the switch of payments is everybody's.
    replicas: Object.fromEntries(services.map((name) => [name, 1])),
    env: { ...Object.fromEntries(services.map((name) => [name, env])), payments: { ...env, FAULTS_ENABLED: 'true' } },
  })
  t.teardown(() => onSale.close())

  await t.test('an order that is confirmed', async (t) => {
    t.equal((await order(onSale.engine.url)).status, 201)
    const isRoot = ({ name, parentSpanId }: ReceivedSpan) => name === 'POST /api/orders' && parentSpanId === undefined
    await receiver.until((spans) => ofTrace(spans, spans.find(isRoot)?.traceId).length === 11)
    const trace = ofTrace(receiver.spans, receiver.spans.find(isRoot)?.traceId)
    t.strictSame(trace.map(titleOf).sort(), [
      'catalog: GET /events/:id',
      'gateway: POST /api/orders',
      'gateway: POST orders',
      'inventory: POST /holds',
      'inventory: POST /holds/:id/confirm',
      'orders: GET catalog',
      'orders: POST /orders',
      'orders: POST inventory',
      'orders: POST inventory',
      'orders: POST payments',
      'payments: POST /charges',
    ])
    nested(t, trace)
    t.strictSame(
      trace.filter(({ status }) => status.code !== undefined).map(({ name }) => name),
      [],
      'nothing failed',
    )
  })

  await t.test('a payment that fails, in a trace that the caller began', async (t) => {
    const [payments] = onSale.readyOf('payments')
    const fault = await fetch(`http://127.0.0.1:${payments?.opsPort}/faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ latencyMs: 0, declineRatio: 0, errorRatio: 1 }),
    })
    t.equal(fault.status, 200)
    const [traceId, caller] = ['c'.repeat(32), 'd'.repeat(16)]
    const reply = await order(onSale.engine.url, { traceparent: `00-${traceId}-${caller}-01`, 'x-request-timeout-ms': '1500' })
    t.equal(reply.status, 202, 'nobody knows yet whether the money moved')
    const last = ['gateway: POST /api/orders', 'payments: POST /charges']
    await receiver.until((spans) => complete(ofTrace(spans, traceId), last, caller))
    const trace = ofTrace(receiver.spans, traceId)
    const find = (of: string) => trace.find((span) => titleOf(span) === of)
    t.match(find('payments: POST /charges'), { status: { code: 2 }, attributes: { 'error.type': /^5/ } })
    t.match(find('orders: POST payments'), { status: { code: 2 }, attributes: { 'error.type': /^5/, 'peer.service': 'payments' } })
    t.match(find('gateway: POST /api/orders'), { parentSpanId: caller, status: { code: undefined } })
    nested(t, trace, caller)
    await recovered(t, receiver)
    // The trace is sampled, so each has logged its part, and `make logs` finds it.
    const logged = async () => {
      const { lines } = await linesOfFolder(context.folder, traceId).catch(() => ({ lines: [] }))
      return [...new Set(lines.map(({ fields }) => fields.service))].sort().join(' ')
    }
    await until(
      'gateway, inventory, orders and payments have logged it',
      async () => /gateway inventory orders payments/.test(await logged()),
      10_000,
    )
  })
})

/** What is left of the order goes on without its request: in traces of their own that name the order. */
async function recovered(t: Test, receiver: OtlpReceiver): Promise<void> {
  const isRecovery = ({ name }: ReceivedSpan) => name === 'recover order'
  await receiver.until((spans) => spans.some(isRecovery))
  const recovery = receiver.spans.find(isRecovery) as ReceivedSpan
  t.match(recovery, { parentSpanId: undefined, attributes: { 'headroom.order.id': /^[0-9a-f-]{36}$/, 'headroom.order.state': 'held' } })
  await receiver.until((spans) => complete(ofTrace(spans, recovery.traceId), ['payments: POST /charges']))
  nested(t, ofTrace(receiver.spans, recovery.traceId))
}

/** Every parent is there, once, of the right kind and around its child. */
function nested(t: Test, trace: ReceivedSpan[], caller?: string): void {
  for (const span of trace) {
    if (span.parentSpanId === undefined || span.parentSpanId === caller) continue
    const [parent, ...others] = trace.filter(({ spanId }) => spanId === span.parentSpanId)
    const title = titleOf(span)
    if (parent === undefined) return void t.fail(`${title} has no parent`)
    t.equal(others.length, 0, `${title} has one parent`)
    if (span.kind === kinds.server) t.equal(parent.kind, kinds.client, `${title} is the other side of a call`)
    t.ok(
      span.startMs >= parent.startMs - startSlackMs && span.endMs <= parent.endMs + endSlackMs,
      `${title} (${span.startMs} to ${span.endMs}) is within ${titleOf(parent)} (${parent.startMs} to ${parent.endMs})`,
    )
  }
  t.equal(new Set(trace.map(({ spanId }) => spanId)).size, trace.length, 'no span twice')
  t.equal(trace.filter(({ parentSpanId }) => parentSpanId === caller).length, 1, 'one beginning')
}

const serviceOf = ({ resource }: ReceivedSpan) => resource['service.name']?.replace('headroom-', '') ?? ''
const titleOf = (span: ReceivedSpan) => `${serviceOf(span)}: ${span.name}`
const ofTrace = (spans: ReceivedSpan[], id: string | undefined) => spans.filter(({ traceId }) => traceId === id)

/** True when these spans have arrived, and the parents of all. Processes send theirs in any order. */
function complete(trace: ReceivedSpan[], titles: string[], caller?: string): boolean {
  const ids = new Set([undefined, caller, ...trace.map(({ spanId }) => spanId)])
  return titles.every((title) => trace.some((span) => titleOf(span) === title)) && trace.every((span) => ids.has(span.parentSpanId))
}

async function order(url: string, headers: Record<string, string> = {}): Promise<Response> {
  const { events } = (await (await fetch(`${url}/api/events`)).json()) as { events: { id: string; tiers: { id: string }[] }[] }
  const [event] = events
  return await fetch(`${url}/api/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID(), ...headers },
    body: JSON.stringify({ eventId: event?.id, tierId: event?.tiers[0]?.id, quantity: 1 }),
  })
}
