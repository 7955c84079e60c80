import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parse, stringify } from 'yaml'
import { documentedMetrics, metricsIn } from '../scripts/lib/promql.ts'
import { root } from '../scripts/lib/services.ts'
import { promtool, withPromtool } from './alerts/promtool.ts'

interface Alert {
  alert: string
  expr: string
  for?: string
  labels: Record<string, string>
  annotations: Record<string, string>
}

interface Cases {
  rule_files: string[]
  tests: { alert_rule_test: { alertname: string; exp_alerts: object[] }[] }[]
}

// Every case is run again with each rule altered: half a minute on two busy cores.
t.setTimeout(180_000)

const rulesPath = 'charts/headroom/files/rules.yaml'
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8')
const { groups } = parse(read(rulesPath)) as { groups: { rules: Alert[] }[] }
const alerts = groups.flatMap(({ rules }) => rules)
const names = alerts.map(({ alert }) => alert).sort()
const stems = (folder: string, ending: string) =>
  readdirSync(`${root}/${folder}`)
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .sort()

t.test('each alert has its runbook and its cases, and there are no others', async (t) => {
  t.equal(new Set(names).size, names.length)
  t.strictSame(stems('docs/runbooks', '.md'), names)
  t.strictSame(stems('test/alerts', '.test.yaml'), names)
  const page = read('docs/monitoring.md')
  for (const { alert, labels, annotations } of alerts) {
    t.equal(annotations.runbook, `docs/runbooks/${alert}.md`)
    t.ok(annotations.summary?.includes('$labels.namespace'), `${alert} says where`)
    t.match(page, new RegExp(`\\| \\[${alert}\\]\\(runbooks/${alert}\\.md\\) \\| .* \\| ${labels.severity} \\|`))
  }
})

t.test('a runbook is a page with its parts, and names what exists', async (t) => {
  const known = documentedMetrics(read('docs/metrics.md'))
  for (const name of names) {
    const text = read(`docs/runbooks/${name}.md`)
    const lines = text.trimEnd().split('\n')
    t.ok(lines.length <= 40, `${name}: ${lines.length} lines`)
    t.equal(lines[0], `# ${name}`)
    t.match(text, /\*\*Users see\*\*[\s\S]*\n## Check\n[\s\S]*```sh\n[\s\S]*\n## Fix\n[\s\S]*\n## False alarm\n/)
    for (const [, link = ''] of text.matchAll(/\]\(([^)]+)\)/g)) t.ok(existsSync(join(root, 'docs/runbooks', link)), `${name}: ${link}`)
    const queries = [...text.matchAll(/^ask '(.*)'$|query=([^$'][^']*)'/gm)].map(([, asked, sent]) => asked ?? sent ?? '')
    t.ok(queries.length > 0 || /api\/v1\/targets/.test(text), `${name} asks Prometheus`)
    for (const query of queries) for (const metric of metricsIn(query)) t.ok(known.has(metric), `${name}: ${metric}`)
  }
})

t.test('every metric that a rule reads is documented', async (t) => {
  const known = documentedMetrics(read('docs/metrics.md'))
  for (const { alert, expr } of alerts) {
    const used = metricsIn(expr)
    t.ok(used.length > 0, alert)
    t.strictSame(
      used.filter((metric) => !known.has(metric)),
      [],
      alert,
    )
  }
})

t.test('each alert has a case in which it fires and one in which it does not', async (t) => {
  for (const name of names) {
    const { rule_files, tests } = parse(read(`test/alerts/${name}.test.yaml`)) as Cases
    t.strictSame(rule_files, [`../../${rulesPath}`])
    const own = tests.flatMap(({ alert_rule_test }) => alert_rule_test).filter(({ alertname }) => alertname === name)
    t.ok(
      own.some(({ exp_alerts }) => exp_alerts.length > 0),
      `${name} fires`,
    )
    t.ok(
      own.some(({ exp_alerts }) => exp_alerts.length === 0),
      `${name} does not`,
    )
  }
})

t.test('promtool accepts the rules', withPromtool, async (t) => {
  const { ok, said } = await promtool('check', 'rules', rulesPath)
  t.ok(ok, said)
  t.match(said, `${names.length} rules found`)
})

for (const name of names) {
  t.test(`the cases of ${name}`, withPromtool, async (t) => {
    const { ok, said } = await promtool('test', 'rules', `test/alerts/${name}.test.yaml`)
    t.ok(ok, said)
  })
}

/** Rules changed by hand; each must break a case of its alert, or the cases would prove nothing. */
const planted: [alert: string, from: RegExp, to: string][] = [
  ['AvailabilityBurnFast', / >= 5/, ' >= 1'],
  ['AvailabilityBurnFast', /\[5m\]/g, '[1h]'],
  ['AvailabilityBurnFast', /14\.4/g, '6'],
  ['AvailabilityBurnFast', /http_response_status_code!="429"/g, 'pod!="x"'],
  ['AvailabilityBurnFast', /service="headroom-gateway", /g, ''],
  ['AvailabilityBurnSlow', /\[30m\]/g, '[6h]'],
  ['AvailabilityBurnSlow', /> 6 /g, '> 3 '],
  ['LatencyBurnFast', /\|1\[\.\]0/g, ''],
  ['LatencyBurnFast', /"1\|/g, '"'],
  ['LatencyBurnFast', /14\.4/g, '6'],
  ['LatencyBurnFast', / >= 5|>= 5/, '>= 1'],
  ['LatencyBurnFast', /\[5m\]/g, '[1h]'],
  ['SheddingTooMuch', /0\.05/, '0.03'],
  ['OrdersUnfinished', /> 300/, '> 60'],
  ['OutboxLagging', /> 60/, '> 20'],
  ['CrashLoop', />= 2/, '>= 1'],
  ['CrashLoop', />= 4/, '>= 2'],
  ['CrashLoop', /\{service=~"headroom-\.\+"\}/g, ''],
  ['TargetDown', /\{service=~"headroom-\.\+"\}/, ''],
  ['GatewayAbsent', /namespace="headroom", /, ''],
  ['GatewayAbsent', /, service="headroom-gateway"/, ''],
  ['ObserverAbsent', /namespace="headroom", /, ''],
  ['SheddingTooMuch', /\+ sum by .*behind.*/, ''],
  ['ObserverStale', / or .* < 0/, ''],
  ['ObserverStale', /> 120/, '> 45'],
]

/** Whether the cases of an alert still pass when its rule was changed. */
async function pass(t: Test, name: string, change: (rule: Alert) => void): Promise<boolean> {
  const changed = parse(read(rulesPath)) as { groups: { rules: Alert[] }[] }
  for (const rule of changed.groups.flatMap(({ rules }) => rules)) if (rule.alert === name) change(rule)
  // The cases stay text: a series such as 0x20 is a number to YAML.
  const cases = read(`test/alerts/${name}.test.yaml`).replace(/^rule_files: .*$/m, 'rule_files: [rules.yaml]')
  const folder = t.testdir({ 'rules.yaml': stringify(changed), 'cases.yaml': cases })
  return (await promtool('test', 'rules', join(folder, 'cases.yaml'))).ok
}

t.test('a rule that is changed breaks its cases', withPromtool, async (t) => {
  t.ok(await pass(t, 'TargetDown', () => {}), 'one that is not does not')
  for (const [name, from, to] of planted) {
    const passes = await pass(t, name, (rule) => {
      t.match(rule.expr, from)
      rule.expr = rule.expr.replace(from, to)
    })
    t.notOk(passes, `${name} with ${to} for ${from}`)
  }
})

t.test('without `for`, what lasts a moment would fire', withPromtool, async (t) => {
  for (const name of alerts.filter((rule) => rule.for !== undefined).map(({ alert }) => alert))
    t.notOk(await pass(t, name, (rule) => delete rule.for), name)
})

t.test('names of metrics are found in a query, and nothing else', async (t) => {
  const query =
    'sum by (service, le) (rate(a_total{x="b_total", y=~"c.+"}[5m])) / on (d) group_left (e) max_over_time(f:g[1h:1m] offset 5m) > bool 1e3 or h'
  t.strictSame(metricsIn(query), ['a_total', 'f:g', 'h'])
  t.strictSame(metricsIn('histogram_quantile(0.9, sum (rate(x_bucket[1m])) by (le)) # y_total'), ['x_bucket'])
})

t.test('the Prometheus of a laptop loads the same rules', withPromtool, async (t) => {
  const [map] = read('k8s/prometheus.yaml')
    .split(/^---\n/m)
    .map((text) => parse(text))
    .filter((object) => object?.kind === 'ConfigMap')
  t.strictSame(parse(map.data['rules.yaml']), parse(read(rulesPath)))
  const config = map.data['prometheus.yml'].replace('/etc/prometheus/rules.yaml', 'rules.yaml')
  t.strictSame(parse(config).rule_files, ['rules.yaml'], 'the folder is where the ConfigMap is mounted')
  // A promtool may be built without the discovery of pods, as Debian's is; its settings are no matter of the rules.
  const checked = { ...parse(config), scrape_configs: [] }
  const folder = t.testdir({ 'prometheus.yml': stringify(checked), 'rules.yaml': map.data['rules.yaml'] })
  const { ok, said } = await promtool('check', 'config', join(folder, 'prometheus.yml'))
  t.ok(ok, said)
})
