import t from 'tap'
import { acknowledge, unanswered } from '../acknowledgement.ts'
import { judge } from '../verdict.ts'

const ORDER = { key: 'key-1', eventId: 'aurora-live', tierId: 'aurora-live-floor', quantity: 2 }

function line(status: number, body: unknown, hasRetryAfter = false) {
  const reply = { status, hasRetryAfter, body: JSON.stringify(body) }
  const { ack, verdict } = acknowledge(ORDER, reply, judge('order', reply))
  const { atMs, ...rest } = ack
  t.ok(Math.abs(atMs - Date.now()) < 10_000)
  return { rest, verdict }
}

t.test('confirmed and pending orders', async (t) => {
  t.same(line(201, { id: 'o-1', state: 'confirmed' }).rest, { ...ORDER, outcome: 'ok', status: 201, orderId: 'o-1', state: 'confirmed' })
  t.same(line(202, { id: 'o-2', state: 'pending' }).rest, { ...ORDER, outcome: 'ok', status: 202, orderId: 'o-2', state: 'pending' })
})

t.test('an acknowledgement that names no order is a failure of unknown effect', async (t) => {
  for (const body of [{}, { id: 'o-1' }, { id: '../x', state: 'confirmed' }, null]) {
    const { rest, verdict } = line(201, body)
    t.same(verdict, { outcome: 'failed', reason: 'unreadable_acknowledgement' })
    t.same(rest, { ...ORDER, outcome: 'failed', reason: 'unreadable_acknowledgement', status: 201, unknown: true })
  }
})

t.test('what is not acknowledged', async (t) => {
  t.same(line(409, { code: 'sold_out' }).rest, { ...ORDER, outcome: 'refused', status: 409, code: 'sold_out' })
  t.same(line(429, { code: 'rate_limited' }).rest, { ...ORDER, outcome: 'limited', status: 429, code: 'rate_limited' })
  t.same(line(503, { code: 'overloaded' }, true).rest, { ...ORDER, outcome: 'shed', status: 503, code: 'overloaded' })
  t.same(line(400, {}).rest, { ...ORDER, outcome: 'failed', reason: 'status_400', status: 400 }, 'final, so not unknown')
  t.same(line(500, {}).rest, { ...ORDER, outcome: 'failed', reason: 'status_500', status: 500, unknown: true })
})

t.test('no reply: unknown only where the request may have arrived', async (t) => {
  const { atMs, ...sent } = unanswered(ORDER, { reason: 'timeout', mayHaveArrived: true })
  t.type(atMs, 'number')
  t.same(sent, { ...ORDER, outcome: 'failed', status: null, reason: 'timeout', unknown: true })
  t.notOk('unknown' in unanswered(ORDER, { reason: 'econnrefused', mayHaveArrived: false }))
})
