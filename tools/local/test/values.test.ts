import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { parseAllDocuments, stringify } from 'yaml'
import type { Deployment, Hpa } from '../kube/types.ts'
import { toAutoscaler, toDeployment } from '../objects.ts'
import { mergeValues, readValues, withoutNulls } from '../values.ts'
import { onSale } from './on-sale.ts'

const root = new URL('../../../', import.meta.url)
const rendered = readFileSync(new URL('k8s/rendered/kind.yaml', root), 'utf8')

/** What helm renders of any kind. */
interface Rendered extends Pick<Deployment, 'kind' | 'metadata'> {
  data?: Record<string, string>
  spec?: Partial<Omit<Deployment['spec'] & Hpa['spec'], 'template'>> & { template?: { spec: RenderedPod } }
}

interface RenderedPod extends Pick<Deployment['spec']['template']['spec'], 'terminationGracePeriodSeconds'> {
  automountServiceAccountToken?: boolean
  containers: { name: string; resources?: object; env?: { name: string; value?: string }[] }[]
}
const objects = parseAllDocuments(rendered).flatMap((document) => (document.toJS() as Rendered | null) ?? [])
const renderedObject = (kind: string, name: string) => objects.find((object) => object.kind === kind && object.metadata.name === name)

t.test('every service of the kind profile is read as helm renders it', async (t) => {
  const services = await readValues(new URL('charts/', root), 'kind')
  const deployed = objects.filter(
    ({ kind, metadata }) => kind === 'Deployment' && metadata.labels?.['helm.sh/chart']?.startsWith('service-'),
  )
  t.strictSame(services.map(({ name }) => name).sort(), deployed.map(({ metadata }) => metadata.name).sort())
  for (const values of services) {
    const { service, name, env, database, migration, serviceAccount, peers } = values
    const { spec } = renderedObject('Deployment', name) ?? {}
    const pod = spec?.template?.spec
    const own = toDeployment(values).spec
    t.equal(own.replicas, spec?.replicas ?? renderedObject('HorizontalPodAutoscaler', name)?.spec?.minReplicas, `${service}: replicas`)
    t.strictSame(own.selector, spec?.selector, `${service}: selector`)
    t.strictSame(own.template.spec.containers[0]?.resources, pod?.containers[0]?.resources, `${service}: resources`)
    t.equal(own.template.spec.containers[0]?.name, pod?.containers[0]?.name, `${service}: container`)
    t.equal(own.template.spec.terminationGracePeriodSeconds, pod?.terminationGracePeriodSeconds, `${service}: grace`)
    t.equal(serviceAccount.token, pod?.automountServiceAccountToken, `${service}: token`)
    const autoscaler = renderedObject('HorizontalPodAutoscaler', name)?.spec
    t.strictSame(values.autoscaling.enabled ? toAutoscaler(values).spec : undefined, autoscaler, `${service}: autoscaler`)
    const config = renderedObject('ConfigMap', name)?.data ?? {}
    t.match(config, env, `${service}: environment`)
    const urls = Object.entries(peers.calls).map(([key, peer]) => [key, `http://${peer.service}:${peer.port}`])
    t.match(config, Object.fromEntries(urls), `${service}: peers`)
    t.equal(database.enabled, 'PGHOST' in config, `${service}: database`)
    const job = objects.find(({ kind, metadata }) => kind === 'Job' && metadata.name.startsWith(`${name}-migrate`))
    t.equal(migration.enabled, job !== undefined, `${service}: migration`)
    const jobEnv = job?.spec?.template?.spec.containers[0]?.env ?? []
    for (const [key, value] of Object.entries(migration.env))
      t.equal(jobEnv.find(({ name }) => name === key)?.value, value, `${service}: ${key}`)
  }
})

t.test('maps are merged, everything else is replaced, null removes', async (t) => {
  t.strictSame(mergeValues({ a: 1, m: { x: 1, y: 2 }, l: [1, 2] }, { b: 2, m: { y: 3 }, l: [3] }), {
    a: 1,
    b: 2,
    m: { x: 1, y: 3 },
    l: [3],
  })
  t.strictSame(mergeValues({ m: { x: 1 } }, { m: 'text' }), { m: 'text' })
  t.strictSame(mergeValues({ m: 'text' }, { m: { x: 1 } }), { m: { x: 1 } })
  t.strictSame(withoutNulls(mergeValues({ a: 1, m: { x: 1, y: 2 } }, { a: null, m: { x: null } })), { m: { y: 2 } })
  // The middle one says nothing, so the null of the last has to reach the first.
  t.strictSame(withoutNulls(mergeValues({ a: 1 }, mergeValues({}, { a: null }))), {})
  const base = Object.freeze({ m: Object.freeze({ x: 1 }) })
  mergeValues(base, { m: { x: 2 } })
  t.strictSame(base, { m: { x: 1 } })
})

t.test('the profile is over the on-sale, the on-sale over the chart; what is not enabled is left out', async (t) => {
  const root = onSale(t, { gateway: { env: { A: '1', DRAIN_DELAY_MS: null } }, orders: { enabled: false } })
  const profile = new URL('charts/headroom/values-kind.yaml', root)
  writeFileSync(profile, stringify({ gateway: { env: { B: '2' }, replicas: 3 } }))
  const services = await readValues(new URL('charts/', root), 'kind')
  t.match(services, [{ service: 'gateway', name: 'headroom-gateway', replicas: 3, terminationGracePeriodSeconds: 5 }])
  t.strictSame(services[0]?.env, { A: '1', B: '2' })
})

const refused: [value: Record<string, unknown>, sentence: string][] = [
  [{ replicas: -1 }, 'gateway.replicas must be a whole number, 0 or more, not -1'],
  [{ replicas: '2' }, 'gateway.replicas must be a whole number, 0 or more, not "2"'],
  [{ env: { PORT: 3000 } }, 'gateway.env.PORT must be a string: put 3000 in quotes'],
  [
    { resources: { limits: { cpu: '1 core' } } },
    'gateway.resources.limits.cpu: "1 core" is not a Kubernetes quantity; write it like 100m, 0.5 or 64Mi',
  ],
  [{ resources: { requests: { cpu: '0m' } } }, 'gateway.resources.requests.cpu: "0m" must be more than 0'],
  [
    { autoscaling: { enabled: true, minReplicas: 4, maxReplicas: 3 } },
    'gateway.autoscaling.maxReplicas must not be less than gateway.autoscaling.minReplicas',
  ],
  [{ autoscaling: { enabled: true, minReplicas: '1' } }, 'gateway.autoscaling.minReplicas must be a whole number, 0 or more'],
  [
    { autoscaling: { enabled: true, targetCPUUtilizationPercentage: 0 } },
    'gateway.autoscaling.targetCPUUtilizationPercentage must be greater than 0',
  ],
  [
    { autoscaling: { enabled: true, targetCPUUtilizationPercentage: null } },
    'gateway.autoscaling.targetCPUUtilizationPercentage sets no target value',
  ],
  [
    { autoscaling: { enabled: true, behavior: { scaleDown: { policies: [{ type: 'Pods', value: 1, periodSeconds: 0 }] } } } },
    'gateway.autoscaling.behavior.scaleDown.policies[0].periodSeconds must be from 1 to 1800',
  ],
]

for (const [value, sentence] of refused) {
  t.test(`refused: ${JSON.stringify(value)}`, async (t) => {
    await t.rejects(readValues(new URL('charts/', onSale(t, { gateway: value })), 'kind'), { message: `charts/headroom: ${sentence}` })
  })
}

t.test('all that is wrong is told at once', async (t) => {
  const root = onSale(t, { gateway: { replicas: -1, env: { A: 1 } }, orders: { replicas: 0.5 } })
  await t.rejects(readValues(new URL('charts/', root), 'kind'), { message: /gateway\.replicas.*\n.*gateway\.env\.A.*\n.*orders\.replicas/ })
})

t.test('a file that is missing, torn or no map is named', async (t) => {
  const root = onSale(t, { gateway: {} })
  const file = new URL('charts/headroom/values-kind.yaml', root)
  await t.rejects(readValues(new URL('charts/', root), 'ha'), { message: /^charts\/headroom\/values-ha\.yaml: ENOENT/ })
  writeFileSync(file, 'gateway: [')
  await t.rejects(readValues(new URL('charts/', root), 'kind'), { message: /^charts\/headroom\/values-kind\.yaml: .*at line 1/s })
  writeFileSync(file, '- gateway')
  await t.rejects(readValues(new URL('charts/', root), 'kind'), { message: 'charts/headroom/values-kind.yaml: must be a map' })
})
