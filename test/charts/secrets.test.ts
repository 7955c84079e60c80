import { readFileSync } from 'node:fs'
import t from 'tap'
import { profiles } from '../../scripts/charts/rendered.ts'
import { root } from '../../scripts/lib/services.ts'
import { podsOf } from './pods.ts'
import { type KubeObject, onSale, parseObjects, service, withHelm } from './render.ts'

const secretName = /PASSWORD|SECRET|TOKEN|CREDENTIAL|DSN|(^|_)KEY$/
/** A path to a file that holds a secret is none. */
const pathName = /(_FILE|_PATH|_DIR)$/
const userinfo = /:\/\/[^/\s]*@/

interface Variable {
  name: string
  value?: string
  valueFrom?: { secretKeyRef?: object }
}

/** Secrets as text where everybody who may read a pod, a ConfigMap or a release can read them: one sentence each. */
function exposed(objects: KubeObject[]): string[] {
  const variables = podsOf(objects).flatMap(({ where, spec }) =>
    [...(spec.initContainers ?? []), ...spec.containers].flatMap(({ name: container, env = [], args = [], command = [] }) => [
      ...(env as Variable[]).map((variable) => ({ where: `${where}: ${container}: ${variable.name}`, ...variable })),
      ...[...args, ...command].map((value: string) => ({ where: `${where}: ${container}: its arguments`, name: '', value })),
    ]),
  )
  const maps = objects
    .filter(({ kind }) => kind === 'ConfigMap')
    .flatMap(({ metadata, data = {} }) =>
      Object.entries(data as Record<string, string>).map(([name, value]) => ({
        where: `ConfigMap ${metadata.name}: ${name}`,
        name,
        value,
      })),
    )
  return [...variables, ...maps].flatMap(({ where, name, value }) => {
    if (value === undefined || value === '') return []
    const named = secretName.test(name) && !pathName.test(name)
    return named || userinfo.test(value) ? [`${where} is a secret as text; take it from a Secret`] : []
  })
}

/** Places, beside the Secret itself, where one of its values stands. */
function copies(objects: KubeObject[]): string[] {
  const values = objects
    .filter(({ kind }) => kind === 'Secret')
    .flatMap(({ data = {} }) =>
      Object.values(data as Record<string, string>).flatMap((text) => [text, Buffer.from(text, 'base64').toString()]),
    )
  const others = objects.filter(({ kind }) => kind !== 'Secret')
  return others
    .filter((object) => values.some((value) => JSON.stringify(object).includes(value)))
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
}

for (const [profile, files] of Object.entries(profiles)) {
  t.test(`profile ${profile}: no secret is text`, withHelm, async (t) => {
    t.strictSame(exposed(await onSale({}, { files })), [])
    const generated = await onSale({ global: { databaseSecret: '' } }, { files })
    t.ok(Object.keys(generated.find(({ kind }) => kind === 'Secret')?.data ?? {}).length >= 5, 'a password for each role was generated')
    t.strictSame([exposed(generated), copies(generated)], [[], []])
  })
}

t.test('the password of a database and other secrets come from Secrets', withHelm, async (t) => {
  const database = { enabled: true, host: 'pg', name: 'a', user: 'a', secret: 's', secretKey: 'k' }
  const objects = await service({
    database,
    secretEnv: { API_TOKEN: { secret: 'api', key: 'token' } },
    migration: { enabled: true, args: ['m.ts'] },
  })
  t.strictSame(exposed(objects), [])
  const taken = podsOf(objects).flatMap(({ spec }) => (spec.containers[0]?.env ?? []).filter(({ name }) => secretName.test(name)))
  t.ok(taken.length >= 3, 'of the pods and of the migration')
  for (const { name, valueFrom } of taken) t.ok(valueFrom?.secretKeyRef, name)
})

t.test('what is committed to be applied as it is holds no secret either', async (t) => {
  for (const name of ['load-job', 'prometheus', 'metrics-server', ...Object.keys(profiles).map((profile) => `rendered/${profile}`)])
    t.strictSame(exposed(parseObjects(readFileSync(`${root}/k8s/${name}.yaml`, 'utf8'))), [], name)
})

t.test('a planted secret is found, wherever it stands', async (t) => {
  const pod = (container: object): KubeObject[] => [
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'c', ...container }] } },
  ]
  const planted = [
    pod({ env: [{ name: 'PGPASSWORD', value: 'horse' }] }),
    pod({ env: [{ name: 'SIGNING_KEY', value: 'horse' }] }),
    pod({ env: [{ name: 'PEER_URL', value: 'http://me:horse@peer' }] }),
    pod({ args: ['--database=postgres://me:horse@pg/a'] }),
    [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' }, data: { API_TOKEN: 'horse' } }],
  ]
  for (const objects of planted) t.equal(exposed(objects).length, 1, JSON.stringify(objects))
  t.strictSame(
    exposed(
      pod({
        env: [
          { name: 'PGPASSWORD', valueFrom: { secretKeyRef: {} } },
          { name: 'PASSWORD_FILE', value: '/run/p' },
        ],
      }),
    ),
    [],
  )
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { a: Buffer.from('horse').toString('base64') } }
  t.strictSame(copies([secret, ...pod({ args: ['horse'] })]), ['Pod p'])
})
