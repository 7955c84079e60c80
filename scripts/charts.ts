import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import { dashboardJson } from './charts/grafana.ts'
import { findHelm, helmMissing } from './charts/helm.ts'
import { withRules } from './charts/prometheus.ts'
import { withParameters } from './charts/readme.ts'
import { profiles, renderProfile } from './charts/rendered.ts'
import { schemaOf } from './charts/schema.ts'
import { readParameters } from './charts/values.ts'

const root = new URL('../', import.meta.url)
const read = (path: string) => readFile(new URL(path, root), 'utf8')

/** The schema and the README of one chart, by path, as values.yaml wants them. */
async function chartFiles(name: string): Promise<[string, string][]> {
  const folder = `charts/${name}`
  const parameters = readParameters(await read(`${folder}/values.yaml`))
  const { dependencies = [] } = parse(await read(`${folder}/Chart.yaml`)) as { dependencies?: { alias: string }[] }
  const aliases = new Set(dependencies.map(({ alias }) => alias))
  return [
    [`${folder}/values.schema.json`, `${JSON.stringify(schemaOf(parameters, `Values of charts/${name}`, aliases), null, 2)}\n`],
    [`${folder}/README.md`, withParameters(await read(`${folder}/README.md`), parameters, aliases)],
  ]
}

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } })
if (values.help) {
  process.stdout.write(
    "Usage: node scripts/charts.ts [--check]\nWrites the charts' schemas, README tables and renders, the dashboard, and k8s/prometheus.yaml's rules; with --check, fails when one is stale.\n",
  )
  process.exit(0)
}

/** Writes what differs, or with --check tells that it does. */
async function settle([path, text]: [string, string]): Promise<void> {
  if ((await read(path).catch(() => '')) === text) return
  if (values.check) {
    process.stderr.write(`${path} is stale\n`)
    process.exitCode = 1
    return
  }
  await mkdir(new URL('./', new URL(path, root)), { recursive: true })
  await writeFile(new URL(path, root), text)
  process.stdout.write(`${path} written\n`)
}

// Schemas first: helm refuses values by them.
for (const file of [...(await chartFiles('service')), ...(await chartFiles('headroom'))]) await settle(file)
await settle(['k8s/prometheus.yaml', withRules(await read('k8s/prometheus.yaml'), await read('charts/headroom/files/rules.yaml'))])
await settle(['charts/headroom/files/dashboard.json', dashboardJson()])
const helm = await findHelm()
if (!helm) process.stderr.write(`k8s/rendered left as it is: ${helmMissing}\n`)
for (const profile of helm ? Object.keys(profiles) : []) {
  await settle([`k8s/rendered/${profile}.yaml`, await renderProfile(helm as string, profile)])
}
