import fc from 'fast-check'
import t from 'tap'
import { accessOf, backoffMs } from '../lib/access.ts'
import { millicoresOf } from '../lib/usage.ts'

t.test('a refusal is told from an absent API, and says what to do', async (t) => {
  t.match(accessOf({ code: 403, message: 'x' }), { access: 'forbidden', detail: /needs get, list and watch/ })
  t.match(accessOf({ statusCode: 401 }), { access: 'forbidden' })
  t.match(accessOf(new Error('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:1') })), {
    access: 'absent',
    detail: /ECONNREFUSED/,
  })
  t.match(accessOf({ code: 'ENOTFOUND', message: 'a\nb' }), { access: 'absent', detail: /a$/ })
})

t.test('reconnects are at least a second apart and spread', async (t) => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (attempt, random) => {
      const ms = backoffMs(attempt, () => random)
      return ms >= 1000 && ms <= 31_000
    }),
  )
  t.not(
    backoffMs(3, () => 0.1),
    backoffMs(3, () => 0.9),
  )
})

t.test('quantities of CPU', async (t) => {
  t.equal(millicoresOf('250m'), 250)
  t.equal(millicoresOf('0.5'), 500)
  t.equal(Math.round(millicoresOf('12500000n')), 13)
  t.equal(millicoresOf('1500u'), 1.5)
})
