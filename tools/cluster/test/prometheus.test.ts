import t from 'tap'
import type { KubeReader } from '../kube-api.ts'
import { readQuery, readRules } from '../prometheus.ts'

/** An API server behind whose proxy these paths answer, and no others. */
const api = (answers: Record<string, unknown>): KubeReader => ({
  namespace: 'shop',
  find: async <T>(path: string) => answers[path.replace(/^.*\/proxy\/api\/v1/, '')] as T | undefined,
})

t.test('rules of all groups, with what is wrong with them', async (t) => {
  const rule = { name: 'TargetDown', health: 'err', lastError: 'many-to-many' }
  const data = { groups: [{ rules: [rule] }, { rules: [{ name: 'CrashLoop', health: 'ok' }] }] }
  t.strictSame(await readRules(api({ '/rules': { data } })), [rule, { name: 'CrashLoop', health: 'ok' }])
})

t.test('a query travels whole', async (t) => {
  const result = [{ metric: { service: 'a' }, value: [1, '2'] }]
  const found = await readQuery(
    api({ '/query?query=sum%20by%20(service)%20(up%7Ba%3D~%22b.%2B%22%7D)': { data: { result } } }),
    'sum by (service) (up{a=~"b.+"})',
  )
  t.strictSame(found, result)
})

t.test('where there is no Prometheus there is neither', async (t) => {
  t.equal(await readRules(api({})), undefined)
  t.equal(await readQuery(api({}), 'up'), undefined)
})
