import t from 'tap'
import { sound } from './objects.ts'
import { find, type KubeObject, service, withHelm } from './render.ts'

const database = { enabled: true, host: 'pg', name: 'orders', user: 'orders', secret: 'pg-orders' }
const migration = { enabled: true, args: ['services/orders/migrate.ts'], env: { SEED: 'true' } }

const jobOf = async (values: object = {}): Promise<KubeObject> => find(await service({ database, migration, ...values }), 'Job')

t.test('the migration is a Job of the same image, beside the rollout', withHelm, async (t) => {
  const objects = await service({ database, migration })
  sound(t, objects, 'migration')
  const job = find(objects, 'Job')
  const [container] = job.spec.template.spec.containers
  t.equal(container.image, find(objects, 'Deployment').spec.template.spec.containers[0].image)
  t.strictSame(container.args, migration.args)
  t.match(container.env.at(-1), { name: 'SEED', value: 'true' })
  t.notOk(find(objects, 'ConfigMap').data.SEED, 'and its variables are its own')
  t.notOk('annotations' in job.metadata, 'no hook')
  t.equal(job.spec.ttlSecondsAfterFinished, 3600)
  t.not(job.spec.template.metadata.labels['app.kubernetes.io/name'], 'headroom-orders', 'neither Service nor autoscaler sees its pods')
})

t.test("the Job's name changes with whatever its template holds, and with nothing else", withHelm, async (t) => {
  const { metadata } = await jobOf()
  t.match(metadata.name, /^headroom-orders-migrate-[0-9a-f]{10}$/)
  t.equal((await jobOf()).metadata.name, metadata.name, 'the same values give the same Job')
  t.equal((await jobOf({ autoscaling: { maxReplicas: 20 } })).metadata.name, metadata.name)
  for (const change of [
    { image: { repository: 'headroom/orders', tag: '1.2.4' } },
    { env: { LOG_LEVEL: 'debug' } },
    { database: { ...database, host: 'other' } },
    { migration: { ...migration, env: { SEED: 'false' } } },
    { migration: { ...migration, activeDeadlineSeconds: 60 } },
  ]) {
    t.not((await jobOf(change)).metadata.name, metadata.name, `another one with ${JSON.stringify(change).slice(0, 60)}`)
  }
})
