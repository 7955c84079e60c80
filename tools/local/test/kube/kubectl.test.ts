/** The API as kubectl sees it. */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { serveKube } from '../../kube/server.ts'
import { Store } from '../../kube/store.ts'
import { deployment, event, hpa, pod } from './objects.ts'

const run = promisify(execFile)
const missing = await run('kubectl', ['version', '--client']).then(
  () => false,
  () => 'kubectl is not on the PATH',
)

async function cluster(t: Test) {
  const store = new Store()
  const api = await serveKube(store)
  t.teardown(() => api.close())
  const home = t.testdir({})
  const KUBECONFIG = join(home, 'kubeconfig')
  await writeFile(KUBECONFIG, api.kubeconfig)
  // HOME keeps its discovery cache out of the user's.
  const kubectl = async (...args: string[]) =>
    (await run('kubectl', args, { env: { ...process.env, KUBECONFIG, HOME: home }, timeout: 20_000 })).stdout
  store.create('pods', pod('orders-1'))
  store.create('deployments', deployment('orders', 1))
  const { uid } = store.create('horizontalpodautoscalers', hpa('orders')).metadata
  const about = event('orders.1')
  store.create('events', { ...about, involvedObject: { ...about.involvedObject, uid } })
  return { store, kubectl }
}

t.test('kubectl get, describe, scale and delete', { skip: missing }, async (t) => {
  const { store, kubectl } = await cluster(t)
  const got = await kubectl('get', 'pods,deploy,hpa')
  t.match(got, /NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE\npod\/orders-1\s+1\/1\s+Running/)
  t.match(got, /deployment\.apps\/orders\s+1\/1\s+1\s+1/)
  t.match(got, /horizontalpodautoscaler\.autoscaling\/orders\s+Deployment\/orders\s+cpu: <unknown>\/60%\s+2\s+8/)
  t.match(await kubectl('get', 'pods', '-l', 'app=payments', '-o', 'name'), /^$/)
  t.match(await kubectl('get', 'events'), /SuccessfulRescale\s+horizontalpodautoscaler\/orders\s+New size: 4/)
  t.match(await kubectl('describe', 'hpa', 'orders'), /SuccessfulRescale/)
  await kubectl('scale', 'deployment', 'orders', '--replicas=3')
  t.equal(store.get('deployments', 'default', 'orders')?.spec.replicas, 3)
  await kubectl('delete', 'pod', 'orders-1', '--wait=false')
  t.ok(store.get('pods', 'default', 'orders-1')?.metadata.deletionTimestamp)
})
