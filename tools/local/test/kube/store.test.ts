import t from 'tap'
import { labelMatcher } from '../../kube/selectors.ts'
import { Store } from '../../kube/store.ts'
import { deployment, event, pod } from './objects.ts'

t.test('an object gets an identity, and what is handed out cannot be changed', async (t) => {
  const store = new Store()
  const created = store.create('pods', pod('a'))
  t.match(created.metadata, { uid: /^[0-9a-f-]{36}$/, resourceVersion: '1', generation: 1 })
  t.throws(() => (created.spec.containers.length = 0), TypeError)
  t.equal(store.get('pods', 'default', 'a'), created)
  t.throws(() => store.create('pods', pod('a')), { code: 409, reason: 'AlreadyExists' })
})

t.test('a write needs the version it read, or none', async (t) => {
  const store = new Store()
  const first = store.create('deployments', deployment('orders', 1))
  const second = store.replace('deployments', { ...first, spec: { ...first.spec, replicas: 2 } })
  t.throws(() => store.replace('deployments', { ...first, spec: { ...first.spec, replicas: 3 } }), { code: 409, reason: 'Conflict' })
  const { resourceVersion: _, ...metadata } = first.metadata
  t.equal(store.replace('deployments', { ...first, metadata }).spec.replicas, 1)
  t.equal(second.metadata.generation, 2)
  t.throws(() => store.replace('deployments', deployment('gone', 1)), { code: 404 })
})

t.test('spec and status have their own doors, and only the spec counts generations', async (t) => {
  const store = new Store()
  const created = store.create('deployments', deployment('orders', 1))
  const main = store.replace('deployments', { ...created, spec: { ...created.spec, replicas: 5 }, status: { replicas: 99 } }, 'main')
  t.match(main, { spec: { replicas: 5 }, status: { replicas: 1 }, metadata: { generation: 2 } })
  const status = store.replace('deployments', { ...main, spec: { ...main.spec, replicas: 9 }, status: { replicas: 5 } }, 'status')
  t.match(status, { spec: { replicas: 5 }, status: { replicas: 5 }, metadata: { generation: 2, uid: created.metadata.uid } })
})

t.test('a write that changes nothing is no event', async (t) => {
  const store = new Store()
  store.create('pods', pod('a'))
  const types: string[] = []
  store.watch('pods', {}, ({ type }) => types.push(type))
  store.change('pods', 'default', 'a', () => undefined)
  t.equal(store.resourceVersion, '1')
  store.change('pods', 'default', 'a', ({ metadata }) => {
    metadata.labels = { app: 'other' }
  })
  t.strictSame(types, ['MODIFIED'])
})

t.test('a watch replays what came after a version, and says so when it cannot', async (t) => {
  const store = new Store({ historyMax: 3 })
  for (const name of ['a', 'b', 'c', 'd', 'e']) store.create('pods', pod(name))
  const seen: string[] = []
  store.watch('pods', { fromResourceVersion: '2' }, ({ object }) => seen.push(object.metadata.name))
  t.strictSame(seen, ['c', 'd', 'e'])
  t.throws(() => store.watch('pods', { fromResourceVersion: '1' }, () => undefined), { code: 410, reason: 'Expired' })
  t.throws(() => store.watch('pods', { fromResourceVersion: 'x' }, () => undefined), { code: 400 })
})

t.test('other resources do not push a quiet one out of its history', async (t) => {
  const store = new Store({ historyMax: 2 })
  store.create('deployments', deployment('orders', 1))
  for (const name of ['a', 'b', 'c', 'd']) store.create('pods', pod(name))
  const seen: string[] = []
  store.watch('deployments', { fromResourceVersion: '0' }, ({ object }) => seen.push(object.metadata.name))
  t.strictSame(seen, ['orders'])
})

t.test('through a selector an object appears and disappears', async (t) => {
  const store = new Store()
  store.create('pods', pod('a', { app: 'other' }))
  const seen: string[] = []
  const stop = store.watch('pods', { namespace: 'default', matches: labelMatcher('app=orders') }, ({ type }) => seen.push(type))
  const label = (app: string) =>
    store.change('pods', 'default', 'a', ({ metadata }) => {
      metadata.labels = { app }
    })
  label('another')
  label('orders')
  store.change('pods', 'default', 'a', ({ spec }) => {
    spec.nodeName = 'here'
  })
  label('other')
  label('orders')
  store.remove('pods', 'default', 'a')
  t.strictSame(seen, ['ADDED', 'MODIFIED', 'DELETED', 'ADDED', 'DELETED'])
  stop()
  store.create('pods', pod('b'))
  t.equal(seen.length, 5, 'nothing after the stop')
})

t.test('lists are sorted and filtered', async (t) => {
  const store = new Store()
  for (const name of ['c', 'a', 'b']) store.create('pods', pod(name))
  store.create('pods', { ...pod('z'), metadata: { name: 'z', namespace: 'other' } })
  t.strictSame(
    store.list('pods', { namespace: 'default' }).items.map(({ metadata }) => metadata.name),
    ['a', 'b', 'c'],
  )
  t.equal(store.list('pods', { matches: labelMatcher('app') }).items.length, 3)
})

t.test('the store is bounded: events give way, anything else is refused', async (t) => {
  const store = new Store({ objectsMax: 2 })
  for (const name of ['a', 'b', 'c']) store.create('events', event(name))
  t.strictSame(
    store.list('events').items.map(({ metadata }) => metadata.name),
    ['b', 'c'],
  )
  store.create('pods', pod('a'))
  store.create('pods', pod('b'))
  t.throws(() => store.create('pods', pod('c')), { code: 403, message: 'the local cluster holds at most 2 pods' })
})

t.test('a watcher that answers with a write does not turn the order around for the others', async (t) => {
  const store = new Store()
  store.create('pods', pod('a'))
  const seen: string[] = []
  store.watch('pods', {}, ({ object }) => {
    if (object.metadata.labels?.step === 'one') {
      store.change('pods', 'default', 'a', ({ metadata }) => {
        metadata.labels = { step: 'two' }
      })
      // Whoever joins in between is told from here on, and nothing twice.
      store.watch('pods', {}, ({ object }) => seen.push(`late ${object.metadata.labels?.step}`))
    }
  })
  store.watch('pods', {}, ({ object }) => seen.push(`${object.metadata.labels?.step}`))
  store.change('pods', 'default', 'a', ({ metadata }) => {
    metadata.labels = { step: 'one' }
  })
  t.strictSame(seen, ['one', 'two'])
  store.change('pods', 'default', 'a', ({ metadata }) => {
    metadata.labels = { step: 'three' }
  })
  t.strictSame(seen, ['one', 'two', 'three', 'late three'])
})
