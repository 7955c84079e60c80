import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readFlags } from './lib/flags.ts'

/** Every generator: run bare it writes its files, with --check it fails when they are stale. */
const generators = ['openapi.ts', 'docs.ts', 'charts.ts', 'reports.ts']

const usage = 'Usage: npm run generate [-- --check]\nWrites every generated file anew; with --check, fails when one is stale.\n'
const { values } = readFlags(usage, { check: { type: 'boolean', default: false } })

let failed = false
for (const generator of generators) {
  const path = fileURLToPath(new URL(generator, import.meta.url))
  if (!existsSync(path)) throw new Error(`scripts/${generator} is missing`)
  const { status } = spawnSync(process.execPath, [path, ...(values.check ? ['--check'] : [])], { stdio: 'inherit' })
  failed ||= status !== 0
}
if (failed && values.check)
  process.stderr.write('Generated files are stale or a generator failed: run `npm run generate` and commit what changes.\n')
process.exitCode = failed ? 1 : 0
