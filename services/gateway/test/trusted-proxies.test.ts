import t from 'tap'
import { parseTrustedProxies } from '../lib/trusted-proxies.ts'

t.test('networks of both families are read', async (t) => {
  t.strictSame(parseTrustedProxies(' 10.0.0.0/8 , 2001:db8::/32,192.0.2.7/32'), {
    networks: ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7/32'],
    mistakes: [],
  })
  t.strictSame(parseTrustedProxies(''), { networks: [], mistakes: [] })
})

t.test('anything that lets a client choose its own address is refused', async (t) => {
  for (const text of [
    'true',
    '1',
    'loopback',
    '10.0.0.1',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    'example.com/8',
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/33',
    '10.0.0.0/129',
    '::1/129',
  ])
    t.match(parseTrustedProxies(text).mistakes, [/^TRUST_PROXY /], text)
  t.equal(parseTrustedProxies('true, 10.0.0.0/8, 7').mistakes.length, 2, 'every mistake is told')
})
