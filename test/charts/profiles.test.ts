import { readFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { profiles } from '../../scripts/charts/rendered.ts'
import { aliases } from './aliases.ts'
import { milliCores, sound } from './objects.ts'
import { podsOf } from './pods.ts'
import { find, type KubeObject, onSale, withHelm } from './render.ts'

for (const [profile, files] of Object.entries(profiles)) {
  t.test(`profile ${profile}`, withHelm, async (t) => {
    sound(t, await onSale({ observer: { enabled: true } }, { files }), profile)
  })
}

/** Most replicas that a Deployment can have. */
function mostReplicas(objects: KubeObject[], deployment: KubeObject): number {
  const scaler = objects.find(
    ({ kind, spec }) => kind === 'HorizontalPodAutoscaler' && spec.scaleTargetRef.name === deployment.metadata.name,
  )
  return scaler?.spec.maxReplicas ?? deployment.spec.replicas
}

t.test('the kind profile fits a laptop of two cores at its largest', withHelm, async (t) => {
  const objects = await onSale({ observer: { enabled: true } }, { files: profiles.kind })
  let sum = 0
  for (const deployment of objects.filter(({ kind }) => kind === 'Deployment')) {
    for (const { resources } of deployment.spec.template.spec.containers)
      sum += mostReplicas(objects, deployment) * milliCores(resources.limits.cpu)
  }
  t.ok(sum > 500 && sum <= 1300, `the services may use ${sum}m of 1300m`)
})

t.test('in the kind profile two services can reach four replicas, and three can grow by two', withHelm, async (t) => {
  const scalers = (await onSale({}, { files: profiles.kind })).filter(({ kind }) => kind === 'HorizontalPodAutoscaler')
  const grows = (by: number) => scalers.filter(({ spec }) => spec.maxReplicas - spec.minReplicas >= by).map(({ metadata }) => metadata.name)
  t.ok(scalers.filter(({ spec }) => spec.maxReplicas >= 4).length >= 2)
  for (const name of ['headroom-gateway', 'headroom-orders']) t.ok(grows(2).includes(name), `${name} can grow by two`)
  t.ok(grows(2).some((name) => name === 'headroom-catalog' || name === 'headroom-inventory'))
})

t.test('kind-ha is kind with two of each, spread, that leave a lost node within half a minute', async (t) => {
  const read = async (file: string) => parse(await readFile(new URL(`../../charts/headroom/${file}`, import.meta.url), 'utf8'))
  const [kind, ha] = [await read('values-kind.yaml'), await read('values-kind-ha.yaml')]
  for (const alias of aliases.filter((alias) => alias !== 'observer')) {
    const service = ha[alias]
    t.equal(service.autoscaling.minReplicas ?? service.replicas, 2, `${alias} has two`)
    t.equal(service.topologySpread.nodes, 'DoNotSchedule', `${alias} is spread`)
    delete service.topologySpread
    leavesLostNode(t, alias, service)
    if (service.autoscaling.minReplicas) service.autoscaling.minReplicas = 1
    else service.replicas = 1
  }
  leavesLostNode(t, 'observer', ha.observer)
  t.strictSame(ha, kind, 'and everything else is the same')
})

function leavesLostNode(
  t: Test,
  alias: string,
  service: { tolerations?: { key: string; effect: string; tolerationSeconds: number }[] },
): void {
  const tolerations = service.tolerations?.map(({ key, effect, tolerationSeconds }) => [key, effect, tolerationSeconds])
  const lost = ['unreachable', 'not-ready'].map((state) => [`node.kubernetes.io/${state}`, 'NoExecute', 30])
  t.strictSame(tolerations, lost, `${alias} leaves a lost node`)
  delete service.tolerations
}

t.test('every service of the on-sale is an alias that the templates know', async (t) => {
  for (const alias of ['gateway', 'catalog', 'inventory', 'orders', 'payments', 'hello', 'observer']) t.ok(aliases.includes(alias), alias)
  const names = await readFile(new URL('../../charts/headroom/templates/_names.tpl', import.meta.url), 'utf8')
  t.match(names, `\n${aliases.join(' ')}\n`, 'the list in _names.tpl is the one of Chart.yaml')
})

t.test('a token of the Kubernetes API goes to the observer and the cluster test alone', withHelm, async (t) => {
  const objects = await onSale({ observer: { enabled: true } })
  const holders = podsOf(objects).filter(({ spec }) => spec.automountServiceAccountToken !== false)
  t.strictSame(holders.map(({ where }) => where).sort(), ['Deployment headroom-observer', 'Pod headroom-test-cluster'])
  const roles = objects.filter(({ kind }) => kind === 'Role').map(({ metadata }) => metadata.name)
  t.strictSame(roles.sort(), ['headroom-observer', 'headroom-test'])
  const verbs = find(objects, 'Role', 'headroom-observer').rules.flatMap((rule: { verbs: string[] }) => rule.verbs)
  t.strictSame([...new Set(verbs)].sort(), ['get', 'list', 'watch'], 'and the observer only reads')
})
