import { seededRandom } from '@headroom/load/random'
import { Store } from '@headroom/local/kube/store'
import t from 'tap'
import { differences, PaperFleet } from '../kube-fleet.ts'

const shown = (name: string, pods: { name: string; state: string }[], desired = 3) => ({ name, current: 0, desired, ready: 0, pods })

t.test('a fleet that shows what there is has no differences; another has a sentence for each', async (t) => {
  const store = new Store()
  new PaperFleet(store, seededRandom(1))
  const services = store.list('deployments').items.map(({ metadata: { name } }) =>
    shown(
      name,
      store
        .list('pods')
        .items.filter(({ metadata }) => metadata.labels?.app === name)
        .map(({ metadata }) => ({ name: metadata.name, state: 'starting' })),
    ),
  )
  t.strictSame(differences({ services }, store), [])
  const [first, ...others] = services
  t.match(differences({ services: others }, store), [/^not shown: catalog/])
  t.match(differences({ services: [...services, shown('ghost', [])] }, store), [/^not true: ghost/])
  const wrong = { ...(first as (typeof services)[0]), desired: 7 }
  t.match(differences({ services: [wrong, ...others] }, store), [/^not shown: catalog: 0 of 3/, /^not true: catalog: 0 of 7/])
})

t.test('it changes in every way and does not grow without end', async (t) => {
  const store = new Store()
  const fleet = new PaperFleet(store, seededRandom(2))
  const seen = new Set<string>()
  store.watch('pods', {}, ({ type }) => seen.add(type))
  for (let i = 0; i < 200; i++) fleet.change()
  t.strictSame([...seen].sort(), ['ADDED', 'DELETED', 'MODIFIED'])
  t.ok(store.list('pods').items.length <= 30)
})
