import t from 'tap'
import { type Journey, jsonObject, judge, problemCode } from '../verdict.ts'

const problem = (code: string) => JSON.stringify({ type: 'about:blank', code })

const CASES: [Journey, number, { body?: string; hasRetryAfter?: boolean }, string][] = [
  ['browse', 200, {}, 'ok'],
  ['browse', 201, {}, 'failed status_201'],
  ['browse', 302, {}, 'failed status_302'],
  ['view', 200, {}, 'ok'],
  ['view', 404, { body: problem('event_not_found') }, 'refused event_not_found'],
  ['view', 404, { body: problem('not_found') }, 'failed status_404_not_found'],
  ['view', 404, { body: '<html>' }, 'failed status_404'],
  ['order', 201, {}, 'ok'],
  ['order', 202, {}, 'ok'],
  ['order', 200, {}, 'failed status_200'],
  ['order', 402, { body: problem('payment_declined') }, 'refused payment_declined'],
  ['order', 404, { body: problem('tier_not_found') }, 'refused tier_not_found'],
  ['order', 409, { body: problem('sold_out') }, 'refused sold_out'],
  ['order', 409, { body: problem('hold_expired') }, 'refused hold_expired'],
  ['order', 409, { body: problem('order_timed_out') }, 'refused order_timed_out'],
  ['order', 409, { body: problem('other') }, 'failed status_409_other'],
  ['order', 400, { body: problem('validation_failed') }, 'failed status_400_validation_failed'],
  ['order', 422, { body: problem('idempotency_key_reused') }, 'failed status_422_idempotency_key_reused'],
  ['order', 429, { body: problem('rate_limited') }, 'limited'],
  ['order', 503, { hasRetryAfter: true, body: problem('overloaded') }, 'shed overloaded'],
  ['order', 503, {}, 'failed status_503'],
  ['order', 500, { hasRetryAfter: true }, 'failed status_500'],
  ['browse', 409, { body: problem('sold_out') }, 'failed status_409_sold_out'],
  ['read', 200, {}, 'ok'],
  ['read', 404, { body: problem('order_not_found') }, 'failed acknowledged_order_missing'],
  ['path', 204, {}, 'ok'],
  ['path', 404, { body: problem('event_not_found') }, 'failed status_404_event_not_found'],
  ['path', 503, { hasRetryAfter: true }, 'shed no_code'],
]

for (const [journey, status, { body = '', hasRetryAfter = false }, expected] of CASES) {
  t.test(`${journey} ${status} ${body}${hasRetryAfter ? ' with Retry-After' : ''} is ${expected}`, async (t) => {
    const { outcome, reason } = judge(journey, { status, body, hasRetryAfter })
    t.equal([outcome, reason].filter(Boolean).join(' '), expected)
  })
}

t.test('what is no problem document has no code', async (t) => {
  for (const body of ['', 'null', '[]', '{}', '{"code":7}', '{"code":"with space"}', `{"code":"${'x'.repeat(61)}"}`])
    t.equal(problemCode(body), null, body)
  t.same(jsonObject('"text"'), {})
})
