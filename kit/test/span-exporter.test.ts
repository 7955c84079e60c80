import t, { type Test } from 'tap'
import type { SpanRecord } from '../otlp.ts'
import { batchMax, queueMax, SpanExporter } from '../span-exporter.ts'
import { until } from './helper.ts'
import { startOtlpReceiver } from './otlp-receiver.ts'

const span = (name = 'GET /'): SpanRecord => ({
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  parentSpanId: undefined,
  name,
  kind: 'server',
  startMs: 1_790_000_000_000.5,
  endMs: 1_790_000_000_001,
  attributes: { long: 'x'.repeat(1000), none: undefined, n: 1 },
  error: undefined,
})

function exporter(t: Test, endpoint: string, over: object = {}) {
  const health: (string | undefined)[] = []
  const made = new SpanExporter({ endpoint, resource: { 'service.name': 's' }, onHealth: (error) => health.push(error?.message), ...over })
  t.teardown(() => made.close(0))
  return { made, health }
}

t.test('spans travel together, a full batch at once and the rest after a while', async (t) => {
  const receiver = await startOtlpReceiver(t)
  const { made } = exporter(t, `${receiver.url}/`, { batchMs: 60_000 })
  for (let i = 0; i < batchMax; i++) made.add(span())
  await receiver.until((spans) => spans.length === batchMax)
  t.strictSame(receiver.batches, [batchMax])
  await until(() => made.exported === batchMax)
  made.add(span('last'))
  await made.close(5000)
  t.strictSame(receiver.batches, [batchMax, 1], 'the end does not wait for others')
  t.match(receiver.spans.at(-1), { name: 'last', startMs: 1_790_000_000_000.5, attributes: { n: '1' } })
  t.equal(receiver.spans.at(-1)?.attributes.long?.length, 256)
  const soon = exporter(t, receiver.url, { batchMs: 20 }).made
  soon.add(span())
  soon.add(span())
  await receiver.until((spans) => spans.length === batchMax + 3)
  t.equal(receiver.batches.at(-1), 2)
})

t.test('what does not fit the queue is dropped and counted', async (t) => {
  const receiver = await startOtlpReceiver(t)
  receiver.answer = { status: 0 }
  const { made } = exporter(t, receiver.url, { timeoutMs: 60_000 })
  // One batch is under way and never answered: the rest waits.
  for (let i = 0; i < batchMax + queueMax + 7; i++) made.add(span())
  t.equal(made.dropped, 7)
  t.equal(made.queued, queueMax)
  await made.close(0)
  await until(() => made.dropped === batchMax + queueMax + 7)
  made.add(span())
  t.equal(made.dropped, batchMax + queueMax + 8, 'after the end everything is')
  t.equal(made.exported, 0)
})

t.test('a batch that is not taken is dropped, told of once, and the next one is tried', async (t) => {
  const receiver = await startOtlpReceiver(t)
  const { made, health } = exporter(t, receiver.url, { batchMs: 1, timeoutMs: 100 })
  const send = async (expected: number) => {
    made.add(span())
    await until(() => made.dropped + made.exported === expected)
  }
  receiver.answer = { status: 503 }
  await send(1)
  receiver.answer = { status: 0 }
  await send(2)
  t.strictSame(health, ['the receiver answers 503'], 'not told again while it lasts')
  receiver.answer = { status: 200, body: { partialSuccess: { rejectedSpans: '1' } } }
  await send(3)
  t.equal(made.dropped, 3, 'what the receiver rejects counts as dropped')
  receiver.answer = { status: 200 }
  await send(4)
  t.strictSame([made.dropped, made.exported], [3, 1])
  t.strictSame(health, ['the receiver answers 503', undefined])
})

t.test('nobody listens: dropped, and said so', async (t) => {
  const receiver = await startOtlpReceiver(t)
  await receiver.close()
  const { made, health } = exporter(t, receiver.url, { batchMs: 1 })
  made.add(span())
  await until(() => made.dropped === 1)
  t.match(health, [/ECONNREFUSED/])
})
