import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { dashboardQueries, documentedMetrics, metricsIn } from '../../scripts/lib/promql.ts'
import { root } from '../../scripts/lib/services.ts'
import { promtool, withPromtool } from '../alerts/promtool.ts'
import { sound } from './objects.ts'
import { find, kinds, onSale, withHelm } from './render.ts'

const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8')
const rules = read('charts/headroom/files/rules.yaml')
const dashboard = read('charts/headroom/files/dashboard.json')
const operator = { flags: ['--api-versions', 'monitoring.coreos.com/v1'] }
const ruled = (more: object = {}) => onSale({ monitoring: { rules: { enabled: true, ...more } } }, operator)

t.test('neither rules nor dashboard come unasked', withHelm, async (t) => {
  const objects = await onSale({}, operator)
  t.notOk(kinds(objects).includes('PrometheusRule'))
  t.notOk(objects.some(({ metadata }) => metadata.name === 'headroom-dashboard'))
})

t.test('the rules as a PrometheusRule are those of the file', withHelm, async (t) => {
  const objects = await ruled({ labels: { release: 'kube-prometheus' } })
  sound(t, objects, 'rules')
  const rule = find(objects, 'PrometheusRule')
  t.equal(rule.metadata.labels?.release, 'kube-prometheus')
  t.match(rule.metadata.labels, { 'app.kubernetes.io/instance': 'headroom' })
  const names = 'headroom-gateway|headroom-catalog|headroom-inventory|headroom-orders|headroom-payments|headroom-hello|headroom-observer'
  t.strictSame(rule.spec, parse(rules.replaceAll('headroom-.+', names)))
})

t.test('the dashboard as a ConfigMap for the sidecar of Grafana', withHelm, async (t) => {
  const objects = await onSale({ monitoring: { dashboard: { enabled: true } } })
  sound(t, objects, 'dashboard')
  const map = find(objects, 'ConfigMap', 'headroom-dashboard')
  t.equal(map.metadata.labels?.grafana_dashboard, '1')
  t.equal(JSON.parse(map.data['headroom.json']).panels.length, JSON.parse(dashboard).panels.length)
})

t.test('both know services by the names that a release gives them', withHelm, async (t) => {
  const values = { gateway: { name: 'edge' }, monitoring: { rules: { enabled: true }, dashboard: { enabled: true } } }
  const objects = await onSale(values, operator)
  const texts = [
    JSON.stringify(find(objects, 'PrometheusRule').spec),
    find(objects, 'ConfigMap', 'headroom-dashboard').data['headroom.json'],
  ]
  for (const text of texts) {
    t.match(text, 'service=\\"edge\\"')
    t.match(text, 'service=~\\"edge|headroom-catalog|')
    t.notMatch(text, /headroom-gateway|headroom-\.\+/)
  }
})

t.test('what is absent is looked for where the release is, and only what it runs', withHelm, async (t) => {
  const rulesOf = async (values: object) => {
    const objects = await onSale(
      { monitoring: { rules: { enabled: true } }, ...values },
      { flags: [...operator.flags, '--namespace', 'shop'] },
    )
    const { groups } = find(objects, 'PrometheusRule').spec as { groups: { rules: { alert: string; expr: string }[] }[] }
    return new Map(groups.flatMap(({ rules }) => rules.map(({ alert, expr }) => [alert, expr])))
  }
  const all = await rulesOf({ observer: { name: 'eyes' } })
  t.equal(all.get('GatewayAbsent'), 'absent(up{namespace="shop", service="headroom-gateway"})')
  t.equal(all.get('ObserverAbsent'), 'absent(kubernetes_cache_staleness_seconds{namespace="shop", service="eyes"})')
  const without = await rulesOf({ observer: { enabled: false } })
  t.strictSame(
    [...without.keys()],
    [...all.keys()].filter((alert) => alert !== 'ObserverAbsent'),
  )
})

t.test('a ServiceMonitor gives series the name of the service, by which rules and dashboard look', withHelm, async (t) => {
  const objects = await onSale({ orders: { metrics: { scrape: 'serviceMonitor' } } }, operator)
  sound(t, objects, 'serviceMonitor')
  const [endpoint] = find(objects, 'ServiceMonitor', 'headroom-orders').spec.endpoints
  t.strictSame(endpoint.relabelings, [{ targetLabel: 'service', replacement: 'headroom-orders' }])
})

t.test('every query of the dashboard reads documented metrics of this namespace', async (t) => {
  const known = documentedMetrics(read('docs/metrics.md'))
  const queries = dashboardQueries(dashboard, 'shop')
  t.ok(queries.length > 25, `${queries.length} queries`)
  for (const { panel, query } of queries) {
    const used = metricsIn(query)
    t.ok(used.length > 0, panel)
    t.strictSame(
      used.filter((metric) => !known.has(metric)),
      [],
      panel,
    )
    t.notMatch(query, '$', `${panel}: every variable is filled in`)
    t.equal(query.match(/\{/g)?.length, query.match(/\{namespace="shop"/g)?.length, `${panel}: other installations are left out`)
  }
})

t.test('every figure that services offer of themselves and of the whole has a panel', async (t) => {
  const shown = new Set(dashboardQueries(dashboard, 'shop').flatMap(({ query }) => metricsIn(query)))
  for (const name of documentedMetrics(read('docs/metrics.md')))
    if (/^(kubernetes_autoscaler|orders|outbox|db_client|http_server|gateway)_/.test(name) && !name.endsWith('_sum'))
      t.ok(shown.has(name), name)
})

t.test('promtool parses every query of the dashboard', withPromtool, async (t) => {
  const members = dashboardQueries(dashboard, 'shop').map(({ query }, index) => ({ record: `query${index}`, expr: query }))
  const folder = t.testdir({ 'rules.yaml': JSON.stringify({ groups: [{ name: 'dashboard', rules: members }] }) })
  const { ok, said } = await promtool('check', 'rules', `${folder}/rules.yaml`)
  t.ok(ok, said)
  t.match(said, `${members.length} rules found`)
})

t.test('panels of a row stand beside each other, and none on another', async (t) => {
  const taken = new Set<string>()
  for (const { title, gridPos } of JSON.parse(dashboard).panels) {
    t.ok(gridPos.x + gridPos.w <= 24, title)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        const cell = `${x} ${y}`
        if (taken.has(cell)) t.fail(`${title} stands on another panel at ${cell}`)
        taken.add(cell)
      }
  }
})
