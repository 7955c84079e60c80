import { Problem, problems } from '@headroom/kit/errors'
import t from 'tap'
import { backoffMs, endsInTime, isFailure, isRepeatable, isTransient } from '../lib/retry.ts'
import { problem } from './fake-peer.ts'

const answer = (status: number, body: unknown = {}, headers = {}) => ({ answer: { status, body, headers } })
const silence = (code?: string) => ({
  error: problems.dependency_unavailable('orders does not answer', { cause: Object.assign(new Error('x'), { code }) }),
})

t.test('the wait before a retry is anything below a bound that doubles', async (t) => {
  t.equal(backoffMs(0, 0), 0)
  t.equal(backoffMs(0, 0.5), 25)
  t.equal(backoffMs(1, 0.5), 50)
})

t.test('only what may happen twice is repeatable', async (t) => {
  t.ok(isRepeatable({ method: 'GET', path: '/' }))
  t.ok(isRepeatable({ method: 'DELETE', path: '/' }))
  t.notOk(isRepeatable({ method: 'POST', path: '/' }))
  t.ok(isRepeatable({ method: 'POST', path: '/', idempotencyKey: 'k' }))
})

t.test('transient is a broken connection or a stumble, never a timeout, a refusal or an answer with Retry-After', async (t) => {
  t.ok(isTransient(silence('ECONNRESET')))
  t.ok(isTransient(silence('ECONNREFUSED')))
  t.ok(isTransient(answer(500)))
  t.notOk(isTransient(silence()), 'the time is up')
  t.notOk(isTransient(answer(503, {}, { 'retry-after': '1' })))
  t.notOk(isTransient(answer(409)))
  t.notOk(isTransient(answer(200)))
  t.notOk(isTransient({ error: problems.overloaded('too many calls wait') }))
  t.notOk(isTransient({ error: new TypeError('a mistake here') }))
})

t.test('a failure is silence or a stumble, never a business answer or a peer at its limit', async (t) => {
  t.ok(isFailure(silence()))
  t.ok(isFailure(answer(500)))
  t.ok(isFailure(answer(503, problem(503, 'database_unavailable'))))
  t.notOk(isFailure(answer(503, problem(503, 'overloaded'))))
  t.notOk(isFailure(answer(404)))
  t.notOk(isFailure(answer(429)))
  t.notOk(isFailure({ error: new Problem({ code: 'overloaded', status: 503, title: 'x' }) }))
})

t.test('a wait ends in time when a millisecond is left to send something in', async (t) => {
  t.ok(endsInTime(50, 1051, 1000))
  t.notOk(endsInTime(50, 1050, 1000))
  t.notOk(endsInTime(0, 999, 1000))
})
