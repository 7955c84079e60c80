import { readFlags } from './lib/flags.ts'
import { emit } from './lib/generated.ts'
import { documentOf } from './lib/openapi-document.ts'
import { root, serviceNames } from './lib/services.ts'

const usage = 'Usage: node scripts/openapi.ts [--check]\nWrites services/*/openapi.json; with --check, fails when one is stale.\n'
const { values } = readFlags(usage, { check: { type: 'boolean', default: false } })

let fresh = true
for (const name of serviceNames()) {
  const text = `${JSON.stringify(await documentOf(name), undefined, 2)}\n`
  fresh = emit(`${root}/services/${name}/openapi.json`, text, values.check) && fresh
}
process.exitCode = values.check && !fresh ? 1 : 0
