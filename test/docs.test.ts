import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { configurationPage } from '../scripts/lib/docs-configuration.ts'
import { errorsPage, mergeProblems } from '../scripts/lib/docs-errors.ts'
import { metricsPage, parseMetrics } from '../scripts/lib/docs-metrics.ts'
import { loadService, placeholderEnv, root, serviceNames } from '../scripts/lib/services.ts'
import { readTree } from '../scripts/lib/tree.ts'

const committed = (page: string) => readFileSync(`${root}/docs/${page}.md`, 'utf8')

t.test('the tables list exactly what exists', async (t) => {
  t.equal(committed('errors'), await errorsPage(), 'docs/errors.md: run `npm run generate`')
  t.equal(committed('configuration'), await configurationPage(), 'docs/configuration.md: run `npm run generate`')
  t.equal(committed('metrics'), await metricsPage(), 'docs/metrics.md: run `npm run generate`')
})

t.test('a code that means two things, or takes one of kit, is refused', async (t) => {
  const entry = { code: 'sold_out', status: 409, title: 'Gone' }
  t.throws(() => mergeProblems([], { a: [entry], b: [{ ...entry, status: 410 }] }), /sold_out is 410 "Gone" in b, but 409 "Gone" in a/)
  t.throws(() => mergeProblems([], { a: [entry], b: [{ ...entry, title: 'Sold' }] }), /sold_out is 409 "Sold" in b/)
  t.throws(() => mergeProblems([entry], { a: [entry] }), /a adds the code sold_out, which any service may answer already/)
  t.strictSame(mergeProblems([], { a: [entry], b: [entry] }), [{ ...entry, services: ['a', 'b'] }])
})

t.test('a scrape is read with its labels', async (t) => {
  const text = [
    '# HELP a_seconds How long.',
    '# TYPE a_seconds histogram',
    'a_seconds_bucket{route="/x",le="1"} 1',
    'a_seconds_count{route="/x"} 1',
    '# HELP b_total How many.',
    '# TYPE b_total counter',
    'b_total 3',
  ].join('\n')
  t.strictSame(parseMetrics(text), [
    { name: 'a_seconds', type: 'histogram', help: 'How long.', labels: ['route'] },
    { name: 'b_total', type: 'counter', help: 'How many.', labels: [] },
  ])
})

t.test('every metric that tools, charts, manifests and runbooks name exists', async (t) => {
  const existing = new Set([...committed('metrics').matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name as string))
  const prefixes = [...new Set([...existing].map((name) => name.split('_').slice(0, 2).join('_')))].join('|')
  const mentioned = new RegExp(`\\b(?:${prefixes})_\\w+`, 'g')
  t.ok(existing.has('http_server_requests_total'))
  for (const [path, text] of readTree(root)) {
    if (!/^(tools|charts|k8s|bench|docs\/runbooks)\/.*\.(ts|yaml|json|md)$/.test(path) || path.includes('/test/')) continue
    const unknown = (text.match(mentioned) ?? []).filter(
      (name) => !existing.has(name) && !existing.has(name.replace(/_(bucket|sum|count)$/, '')),
    )
    t.strictSame(unknown, [], path)
  }
})

t.test('every default is a value that its key allows: nothing checks it at start', async (t) => {
  for (const name of serviceNames()) {
    const definition = await loadService(name)
    const defaults = Object.entries(definition.config.properties).flatMap(([key, schema]) =>
      'default' in schema ? [[key, String(schema.default)]] : [],
    )
    t.doesNotThrow(() => definition.config.load({ ...placeholderEnv(definition), ...Object.fromEntries(defaults) }), name)
  }
})

t.test("every variable in the charts' values is one that its service reads", async (t) => {
  const names = serviceNames()
  for (const file of readdirSync(`${root}/charts/headroom`).filter((file) => /^values.*\.yaml$/.test(file))) {
    const values = parse(readFileSync(`${root}/charts/headroom/${file}`, 'utf8'), { merge: true }) as Record<
      string,
      { env?: object } | undefined
    >
    for (const name of names) {
      const { properties } = (await loadService(name)).config
      const unknown = Object.keys(values[name]?.env ?? {}).filter((key) => !(key in properties) && key !== 'NODE_OPTIONS')
      t.strictSame(unknown, [], `${file}: ${name}.env`)
    }
  }
})
