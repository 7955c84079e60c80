import { readFileSync } from 'node:fs'
import { configurationPage } from './lib/docs-configuration.ts'
import { errorsPage } from './lib/docs-errors.ts'
import { metricsPage } from './lib/docs-metrics.ts'
import { reliabilityPage } from './lib/docs-reliability.ts'
import { readFlags } from './lib/flags.ts'
import { emit } from './lib/generated.ts'
import { root } from './lib/services.ts'

const usage =
  'Usage: node scripts/docs.ts [--check]\nWrites docs/errors.md, docs/configuration.md, docs/metrics.md and the table of docs/reliability.md; with --check, fails when one is stale.\n'
const { values } = readFlags(usage, { check: { type: 'boolean', default: false } })

const pages = {
  errors: await errorsPage(),
  configuration: await configurationPage(),
  metrics: await metricsPage(),
  reliability: reliabilityPage(readFileSync(`${root}/docs/reliability.md`, 'utf8')),
}
let fresh = true
for (const [name, text] of Object.entries(pages)) fresh = emit(`${root}/docs/${name}.md`, text, values.check) && fresh
process.exitCode = values.check && !fresh ? 1 : 0
