import t from 'tap'
import { profiles } from '../../scripts/charts/rendered.ts'
import { sound } from './objects.ts'
import { find, kinds, onSale, refusal, withHelm } from './render.ts'

/** The least `database.maxConnections` with which the on-sale renders, found by the guard's own sum. */
async function connections(values: object, files: string[] = []): Promise<number> {
  const message = await onSale({ ...values, database: { maxConnections: 10 } }, { files }).catch((error: Error) => error.message)
  return Number(/could open (\d+) database connections/.exec(String(message))?.[1])
}

t.test('the sum of connections', withHelm, async (t) => {
  const reserved = 13
  const migrations = 4 * 2
  const [catalog, inventory, orders, payments] = [4 * (10 + 1), 6 * (6 + 1), 5 * (10 + 1), 4 * (6 + 1)]
  const sum = reserved + migrations + catalog + inventory + orders + payments
  t.equal(await connections({}), sum, 'pool x (most replicas + surge), migrations, reserve')
  t.equal(await connections({ orders: { enabled: false } }), sum - orders - 2, 'a service that is not installed opens none')
  t.equal(
    await connections({ orders: { autoscaling: { enabled: false }, replicas: 3 } }),
    sum - orders + 5 * (3 + 1),
    'replicas count where they are fixed',
  )
  t.equal(
    await connections({ orders: { rollout: { maxSurge: '25%' } } }),
    sum - orders + 5 * (10 + 3),
    'a surge in percent is rounded up, as Kubernetes does',
  )
  t.equal(await connections({ orders: { env: { DATABASE_POOL_MAX: '7' } } }), sum - orders + 7 * (10 + 1))
  t.equal(await connections({ orders: { migration: { enabled: false } } }), sum - 2)
  await t.resolves(onSale({ database: { maxConnections: sum } }), 'exactly enough is enough')
  t.match(
    await refusal(t, onSale({ database: { maxConnections: sum - 1 } })),
    `could open ${sum} database connections and database.maxConnections is ${sum - 1}`,
  )
})

for (const [profile, files] of Object.entries(profiles)) {
  t.test(`profile ${profile} leaves the server connections to spare`, withHelm, async (t) => {
    const limit = find(await onSale({}, { files }), 'StatefulSet').spec.template.spec.containers[0].args.find((arg: string) =>
      arg.startsWith('max_connections='),
    )
    t.ok((await connections({}, files)) <= Number(limit.split('=')[1]))
  })
}

t.test('the demo server makes a role and a database for every service, installed or not', withHelm, async (t) => {
  const objects = await onSale({ orders: { enabled: false } })
  const script: string = find(objects, 'ConfigMap', 'headroom-postgres').data['databases.sh']
  t.strictSame(
    script.match(/^create \w+ \w+ \w+$/gm),
    ['catalog', 'inventory', 'orders', 'payments'].map((name) => `create ${name} ${name} ${name}`),
  )
  t.notOk(objects.some(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'headroom-orders'))
})

t.test('a server outside replaces the demo one', withHelm, async (t) => {
  const objects = await onSale({ global: { externalDatabase: { host: 'db.example', sslMode: 'verify-full' } } })
  sound(t, objects, 'externalDatabase')
  t.notOk(kinds(objects).includes('StatefulSet'))
  t.notOk(objects.some(({ metadata }) => metadata.name === 'headroom-postgres'))
  for (const name of ['catalog', 'inventory', 'orders', 'payments']) {
    t.match(find(objects, 'ConfigMap', `headroom-${name}`).data, {
      PGHOST: 'db.example',
      PGSSLMODE: 'verify-full',
      PGDATABASE: name,
      PGUSER: name,
    })
  }
})

t.test('without a Secret of its own the on-sale makes one and keeps it', withHelm, async (t) => {
  const objects = await onSale({ global: { databaseSecret: '' } })
  sound(t, objects, 'generated Secret')
  const { data, metadata } = find(objects, 'Secret')
  t.strictSame(Object.keys(data).sort(), ['catalog', 'inventory', 'orders', 'payments', 'postgres'])
  t.equal(new Set(Object.values(data)).size, 5, 'five different passwords')
  t.equal(metadata.annotations?.['helm.sh/resource-policy'], 'keep')
  t.notOk(kinds(await onSale()).includes('Secret'), 'none where one is named')
})
