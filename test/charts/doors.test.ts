import { feature, podOf } from './feature.ts'
import { find, type KubeObject, kinds } from './render.ts'

feature('a Service with a node port', { service: { type: 'NodePort', nodePort: 30080, annotations: { a: 'b' } } }, (t, objects) => {
  t.match(find(objects, 'Service'), { metadata: { annotations: { a: 'b' } }, spec: { type: 'NodePort', ports: [{ nodePort: 30080 }] } })
})
feature(
  'an Ingress',
  { ingress: { enabled: true, className: 'haproxy', hosts: ['a.example', 'b.example'], tlsSecret: 'cert', annotations: { a: 'b' } } },
  (t, objects) => {
    const { spec, metadata } = find(objects, 'Ingress')
    t.strictSame(
      spec.rules.map(({ host }: { host: string }) => host),
      ['a.example', 'b.example'],
    )
    t.match(spec, { ingressClassName: 'haproxy', tls: [{ secretName: 'cert', hosts: ['a.example', 'b.example'] }] })
    t.strictSame(metadata.annotations, { a: 'b' })
  },
)
feature('an Ingress without a host name', { ingress: { enabled: true } }, (t, objects) => {
  t.equal(find(objects, 'Ingress').spec.rules.length, 1)
  t.notOk('host' in find(objects, 'Ingress').spec.rules[0])
})
feature(
  'an HTTPRoute',
  { httpRoute: { enabled: true, parentRefs: [{ name: 'edge' }], hostnames: ['a.example'] } },
  (t, objects) => {
    t.match(find(objects, 'HTTPRoute').spec, {
      parentRefs: [{ name: 'edge' }],
      hostnames: ['a.example'],
      rules: [{ backendRefs: [{ name: 'headroom-orders', port: 3000 }] }],
    })
  },
  { flags: ['--api-versions', 'gateway.networking.k8s.io/v1'] },
)

const annotated = (objects: KubeObject[]) => podOf(objects).metadata.annotations['prometheus.io/scrape'] === 'true'
feature('scraped by annotation', {}, (t, objects) => {
  t.match(podOf(objects).metadata.annotations, {
    'prometheus.io/scrape': 'true',
    'prometheus.io/port': '9000',
    'prometheus.io/path': '/metrics',
  })
})
feature(
  'scraped through a ServiceMonitor, and then not by annotation',
  { metrics: { scrape: 'serviceMonitor', interval: '5s', labels: { release: 'kube-prometheus' } } },
  (t, objects) => {
    const monitor = find(objects, 'ServiceMonitor')
    const ops = find(objects, 'Service', 'headroom-orders-ops')
    t.match(monitor, { metadata: { labels: { release: 'kube-prometheus' } }, spec: { endpoints: [{ port: 'ops', interval: '5s' }] } })
    t.match(ops.metadata.labels, monitor.spec.selector.matchLabels, 'the monitor selects the Service of the ops port')
    t.notMatch(find(objects, 'Service', 'headroom-orders').metadata.labels, monitor.spec.selector.matchLabels, 'and not the public one')
    t.notOk(annotated(objects), 'nothing is scraped twice')
  },
  { flags: ['--api-versions', 'monitoring.coreos.com/v1'] },
)
feature('not scraped', { metrics: { scrape: 'none' } }, (t, objects) => {
  t.notOk(annotated(objects))
  t.notMatch(JSON.stringify(find(objects, 'NetworkPolicy').spec.ingress), /9000/)
})

const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }]
feature('rights in the Kubernetes API', { serviceAccount: { token: true, rules, annotations: { role: 'arn' } } }, (t, objects) => {
  t.strictSame(find(objects, 'Role').rules, rules)
  t.match(find(objects, 'RoleBinding'), {
    roleRef: { name: 'headroom-orders' },
    subjects: [{ name: 'headroom-orders', namespace: 'headroom' }],
  })
  t.equal(podOf(objects).spec.automountServiceAccountToken, true)
  t.match(find(objects, 'ServiceAccount').metadata.annotations, { role: 'arn' })
})

feature('a test of its own', { test: { path: '/hello' } }, (t, objects) => {
  t.match(find(objects, 'Pod'), { metadata: { name: 'headroom-orders-test', annotations: { 'helm.sh/hook': 'test' } } })
})
feature('no network policy', { networkPolicy: { enabled: false } }, (t, objects) => {
  t.notOk(kinds(objects).includes('NetworkPolicy'))
})
