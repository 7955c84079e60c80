import t from 'tap'
import { type End, ends, reaches } from './network.ts'
import { onSale, withHelm } from './render.ts'

const http = 3000
const ops = 9000
const postgres = 5432

/** Who may call whom on the traffic port: the whole of the on-sale. */
const edges: Record<string, string[]> = {
  'headroom-gateway': ['headroom-catalog', 'headroom-inventory', 'headroom-orders', 'headroom-hello'],
  'headroom-orders': ['headroom-catalog', 'headroom-inventory', 'headroom-payments'],
}
const services = ['gateway', 'catalog', 'inventory', 'orders', 'payments', 'hello', 'observer'].map((name) => `headroom-${name}`)
const withDatabase = ['catalog', 'inventory', 'orders', 'payments'].map((name) => `headroom-${name}`)
const outside: End = { outside: true }
const dns: End = { labels: { 'k8s-app': 'kube-dns' }, namespace: 'kube-system' }
const prometheus: End = { labels: { 'app.kubernetes.io/name': 'prometheus' }, namespace: 'monitoring' }

t.test('the network policies of the on-sale', withHelm, async (t) => {
  const objects = await onSale({ observer: { enabled: true } })
  const pods = ends(objects)
  const at = (name: string): End => {
    const end = pods.get(name)
    if (!end) throw new Error(`the on-sale has no pods named ${name}`)
    return end
  }

  for (const from of services) {
    for (const to of services.filter((name) => name !== from)) {
      // The edge is public: pods that no rule names still may call it, if their own policy lets them out.
      const declared = edges[from]?.includes(to) ?? false
      t.equal(reaches(objects, at(from), at(to), http), declared, `${from} ${declared ? 'calls' : 'does not call'} ${to}`)
      const scrapes = from === 'headroom-observer'
      t.equal(reaches(objects, at(from), at(to), ops), scrapes, `${from} ${scrapes ? 'scrapes' : 'does not see the ops port of'} ${to}`)
    }
  }
  for (const name of services) {
    t.ok(reaches(objects, at(name), dns, 53, 'UDP') && reaches(objects, at(name), dns, 53), `${name} resolves names`)
    t.ok(reaches(objects, prometheus, at(name), ops), `Prometheus scrapes ${name}`)
    t.equal(
      reaches(objects, prometheus, at(name), http),
      name === 'headroom-gateway',
      `Prometheus sees nothing else of ${name}, the public edge apart`,
    )
    t.notOk(
      reaches(objects, { ...prometheus, labels: { 'app.kubernetes.io/name': 'other' } }, at(name), ops),
      `another pod does not scrape ${name}`,
    )
    t.equal(reaches(objects, outside, at(name), http), name === 'headroom-gateway', `${name} and callers from outside`)
    t.equal(reaches(objects, at(name), outside, 443), name === 'headroom-observer', `${name} and the Kubernetes API`)
    t.notOk(reaches(objects, at(name), outside, 80), `${name} calls nothing outside`)
    const needs = withDatabase.includes(name)
    t.equal(
      reaches(objects, at(name), at('headroom-postgres'), postgres),
      needs,
      `${name} ${needs ? 'reaches' : 'does not reach'} Postgres`,
    )
  }
  for (const name of withDatabase) {
    t.ok(reaches(objects, at(`${name}-migrate`), at('headroom-postgres'), postgres), `the migration of ${name} reaches Postgres`)
    t.ok(reaches(objects, at(`${name}-migrate`), dns, 53, 'UDP'))
    t.notOk(reaches(objects, at(`${name}-migrate`), at('headroom-payments'), http), 'and nothing else')
  }
  const checker: End = { labels: { 'app.kubernetes.io/name': 'headroom-invariants' } }
  t.ok(reaches(objects, checker, at('headroom-postgres'), postgres), 'the invariants checker reaches Postgres')
  t.notOk(reaches(objects, outside, at('headroom-postgres'), postgres), 'Postgres is not reached from outside')
  t.notOk(reaches(objects, at('headroom-postgres'), outside, 443), 'Postgres calls nobody')
  t.ok(reaches(objects, at('headroom-test-order'), at('headroom-gateway'), http), 'the test of one order reaches the gateway')
  t.ok(reaches(objects, at('headroom-gateway-test'), at('headroom-gateway'), http), "and so does the gateway's own")
})

t.test('an undeclared caller is refused at both ends', withHelm, async (t) => {
  const cut = await onSale({ orders: { peers: { calledBy: [] } } })
  t.notOk(reaches(cut, ends(cut).get('headroom-gateway') ?? {}, ends(cut).get('headroom-orders') ?? {}, http), 'orders names no caller')
  const open = await onSale({ orders: { networkPolicy: { enabled: false } } })
  t.ok(
    reaches(open, ends(open).get('headroom-test-order') ?? {}, ends(open).get('headroom-orders') ?? {}, ops),
    'without a policy everyone gets in',
  )
})

t.test('further rules pass as they are written', withHelm, async (t) => {
  const extra = { podSelector: { matchLabels: { app: 'collector' } } }
  const objects = await onSale({
    hello: { networkPolicy: { extraEgress: [{ to: [extra], ports: [{ port: 4318 }] }], extraIngress: [{ from: [extra] }] } },
  })
  const hello = ends(objects).get('headroom-hello') ?? {}
  const collector: End = { labels: { app: 'collector' } }
  t.ok(reaches(objects, hello, collector, 4318))
  t.notOk(reaches(objects, hello, collector, 4317))
  t.ok(reaches(objects, collector, hello, http))
})
