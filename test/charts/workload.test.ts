import t from 'tap'
import { container, feature, podOf } from './feature.ts'
import { find, type KubeObject, kinds, service, withHelm } from './render.ts'

feature('the least values: nothing optional', {}, (t, objects) => {
  t.strictSame(kinds(objects), [
    'ConfigMap',
    'Deployment',
    'HorizontalPodAutoscaler',
    'NetworkPolicy',
    'PodDisruptionBudget',
    'Service',
    'ServiceAccount',
  ])
  t.notOk('replicas' in find(objects, 'Deployment').spec, 'no spec.replicas under an autoscaler')
  t.equal(container(objects).image, 'headroom/orders:1.2.3')
  const [cpu, ...others] = find(objects, 'HorizontalPodAutoscaler').spec.metrics
  t.match(cpu, { type: 'ContainerResource', containerResource: { container: 'app', name: 'cpu', target: { averageUtilization: 60 } } })
  t.strictSame(others, [], 'CPU is the only metric')
  t.match(find(objects, 'PodDisruptionBudget').spec, { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' })
  t.equal(find(objects, 'ServiceAccount').automountServiceAccountToken, false)
  t.match(podOf(objects).spec, { automountServiceAccountToken: false, enableServiceLinks: false, terminationGracePeriodSeconds: 30 })
  for (const [probe, path] of [
    ['startupProbe', '/startupz'],
    ['livenessProbe', '/livez'],
    ['readinessProbe', '/readyz'],
  ] as const) {
    t.match(container(objects)[probe].httpGet, { path, port: 'ops' })
  }
  t.strictSame(
    find(objects, 'Service').spec.ports.map(({ targetPort }: KubeObject) => targetPort),
    ['http'],
    'the Service leaves the ops port alone',
  )
})

feature('without an autoscaler', { autoscaling: { enabled: false }, replicas: 3 }, (t, objects) => {
  t.equal(find(objects, 'Deployment').spec.replicas, 3)
  t.notOk(kinds(objects).includes('HorizontalPodAutoscaler'))
  t.ok(kinds(objects).includes('PodDisruptionBudget'))
})

feature('one replica has no budget: it would block drains', { autoscaling: { enabled: false }, replicas: 1 }, (t, objects) => {
  t.notOk(kinds(objects).includes('PodDisruptionBudget'))
})
feature('an autoscaler that may go down to one neither', { autoscaling: { minReplicas: 1 } }, (t, objects) => {
  t.notOk(kinds(objects).includes('PodDisruptionBudget'))
})
feature('the budget can be off', { podDisruptionBudget: { enabled: false } }, (t, objects) => {
  t.notOk(kinds(objects).includes('PodDisruptionBudget'))
})

const external = { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '30' } } }
feature(
  'memory and custom metrics',
  { autoscaling: { targetMemoryUtilizationPercentage: 80, customMetrics: [external] } },
  (t, objects) => {
    const { metrics } = find(objects, 'HorizontalPodAutoscaler').spec
    t.equal(metrics.length, 3)
    t.match(metrics[1].containerResource, { name: 'memory', target: { averageUtilization: 80 } })
    t.strictSame(metrics[2], external)
  },
)

const tolerant = { autoscaling: { behavior: { scaleUp: { tolerance: '0.05' }, scaleDown: { tolerance: '0.2' } } } }
feature(
  'tolerance where the cluster knows it',
  tolerant,
  (t, objects) => {
    t.match(find(objects, 'HorizontalPodAutoscaler').spec.behavior, {
      scaleUp: { tolerance: '0.05' },
      scaleDown: { tolerance: '0.2', stabilizationWindowSeconds: 300 },
    })
  },
  { kubeVersion: '1.35.0' },
)
feature(
  'and not where it would be dropped',
  tolerant,
  (t, objects) => {
    t.notMatch(JSON.stringify(find(objects, 'HorizontalPodAutoscaler')), /tolerance/)
  },
  { kubeVersion: '1.34.9' },
)

feature(
  'configuration, peers and secrets',
  {
    env: { LOG_LEVEL: 'debug', SEED_STOCK: '1000000' },
    secretEnv: { API_KEY: { secret: 'keys', key: 'api' } },
    peers: { calls: { PAYMENTS_URL: { service: 'headroom-payments', port: 3000 } }, calledBy: ['headroom-gateway'] },
  },
  (t, objects) => {
    const { data } = find(objects, 'ConfigMap')
    t.match(data, {
      LOG_LEVEL: 'debug',
      SEED_STOCK: '1000000',
      PAYMENTS_URL: 'http://headroom-payments:3000',
      PORT: '3000',
      OPS_PORT: '9000',
    })
    t.notOk('API_KEY' in data)
    t.match(container(objects).env, [{ name: 'POD_NAME' }, { name: 'API_KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'api' } } }])
  },
)

t.test('a change of configuration restarts the pods, a change of the chart or of scaling does not', withHelm, async (t) => {
  const pods = async (values: object) => JSON.stringify(podOf(await service(values)))
  const before = await pods({})
  t.not(await pods({ env: { LOG_LEVEL: 'debug' } }), before)
  t.equal(await pods({ autoscaling: { maxReplicas: 20 } }), before)
  t.notMatch(before, /helm\.sh\/chart/)
})

const database = { enabled: true, host: 'pg', name: 'orders', user: 'orders', secret: 'pg-orders' }
feature('a database by libpq names', { database }, (t, objects) => {
  t.match(find(objects, 'ConfigMap').data, { PGHOST: 'pg', PGPORT: '5432', PGDATABASE: 'orders', PGUSER: 'orders' })
  t.match(container(objects).env[1], { name: 'PGPASSWORD', valueFrom: { secretKeyRef: { name: 'pg-orders', key: 'password' } } })
})
feature(
  'a server outside replaces it',
  {
    database,
    global: { externalDatabase: { host: 'db.example', port: 6432, sslMode: 'require', cidr: '203.0.113.7/32' }, databaseSecret: 'given' },
  },
  (t, objects) => {
    t.match(find(objects, 'ConfigMap').data, { PGHOST: 'db.example', PGPORT: '6432', PGSSLMODE: 'require' })
    t.equal(container(objects).env[1].valueFrom.secretKeyRef.name, 'given')
    t.match(find(objects, 'NetworkPolicy').spec.egress.at(-1), { to: [{ ipBlock: { cidr: '203.0.113.7/32' } }], ports: [{ port: 6432 }] })
  },
)
feature('one service can have its own server outside', { database: { ...database, cidr: '198.51.100.0/24' } }, (t, objects) => {
  t.match(find(objects, 'NetworkPolicy').spec.egress.at(-1), { to: [{ ipBlock: { cidr: '198.51.100.0/24' } }] })
})

feature(
  'where pods go and what else they carry',
  {
    nodeSelector: { pool: 'web' },
    tolerations: [{ key: 'spot', operator: 'Exists' }],
    affinity: { nodeAffinity: {} },
    priorityClassName: 'high',
    podLabels: { team: 'tickets' },
    podAnnotations: { note: 'x' },
    topologySpread: { nodes: 'DoNotSchedule', maxSkew: 2 },
    rollout: { maxSurge: '25%' },
    runAsUser: 1001,
    writableDirs: ['/tmp', '/data'],
    args: ['main.ts'],
    global: { image: { registry: 'registry.example/team/', pullSecrets: ['regcred'] } },
  },
  (t, objects) => {
    const { metadata, spec } = podOf(objects)
    t.match(spec, {
      nodeSelector: { pool: 'web' },
      tolerations: [{ key: 'spot' }],
      affinity: { nodeAffinity: {} },
      priorityClassName: 'high',
      imagePullSecrets: [{ name: 'regcred' }],
    })
    t.match(metadata, { labels: { team: 'tickets' }, annotations: { note: 'x' } })
    t.match(spec.topologySpreadConstraints, [
      { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule', maxSkew: 2, nodeTaintsPolicy: 'Honor' },
      { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 2 },
    ])
    t.equal(spec.securityContext.runAsUser, 1001)
    t.equal(container(objects).image, 'registry.example/team/headroom/orders:1.2.3')
    t.strictSame(container(objects).args, ['main.ts'])
    t.strictSame(
      container(objects).volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath),
      ['/tmp', '/data'],
    )
    t.equal(spec.volumes.length, 2)
    t.equal(find(objects, 'Deployment').spec.strategy.rollingUpdate.maxSurge, '25%')
  },
)
