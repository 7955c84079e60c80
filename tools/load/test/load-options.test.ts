import t from 'tap'
import { resolveOptions } from '../load-options.ts'
import { steadyProfile } from '../profile.ts'

const stages = steadyProfile(1, 1)

t.test('where to connect', async (t) => {
  const target = (url: string) => resolveOptions({ url, stages }).target
  t.same(target('http://localhost:3000'), { host: 'localhost', port: 3000 })
  t.same(target('http://headroom-gateway/'), { host: 'headroom-gateway', port: 80 })
  t.same(target('http://[::1]:3000'), { host: '::1', port: 3000 })
})

t.test('defaults give way to what is set', async (t) => {
  const resolved = resolveOptions({ url: 'http://h', stages, timeoutMs: 100, limits: { connections: 5000 } })
  t.match(resolved, { timeoutMs: 100, arrivals: 'poisson', seed: 1 })
  t.same(resolved.limits, { connections: 5000, connectionsMax: 5000, queueMax: 10_000 })
})

t.test('mistakes are named', async (t) => {
  const refused = (changes: object, message: RegExp) =>
    t.throws(() => resolveOptions({ url: 'http://h', stages, ...changes }), { name: 'UsageError', message })
  refused({ url: 'https://h' }, /target "https:\/\/h": must be an http:\/\/ URL/)
  refused({ url: 'nonsense' }, /must be an http:\/\/ URL/)
  refused({ url: 'http://h/hello' }, /add --url-path \/hello/)
  refused({ stages: [] }, /at least one stage/)
  refused({ urlPath: 'hello' }, /must begin with "\/"/)
  refused({ urlPath: '/a b' }, /hold no spaces/)
  refused({ hotShare: 2 }, /between 0 and 1/)
  refused({ timeoutMs: 0 }, /timeoutMs: must be a whole number above 0/)
  refused({ limits: { queueMax: 1.5 } }, /queueMax/)
  refused({ limits: { connectionsMax: 1_000_000 } }, /connectionsMax: must be at most/)
})
