import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { runReport } from '../tools/report/report.ts'
import { readFlags } from './lib/flags.ts'
import { emit } from './lib/generated.ts'
import { root } from './lib/services.ts'

const usage =
  'Usage: node scripts/reports.ts [--check]\nMakes docs/reports/*.html again from the recordings beside them; with --check, fails when one is stale.\n'
const { values } = readFlags(usage, { check: { type: 'boolean', default: false } })

/** The report of a gzipped recording. */
function reportOf(recording: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'headroom-reports-'))
  try {
    writeFileSync(join(folder, 'recording.ndjson'), gunzipSync(readFileSync(recording)))
    let problem = ''
    const code = runReport([folder], { out: () => {}, error: (text) => (problem += text) })
    // 1 is a limit that does not hold, which a report may say.
    if (code > 1) throw new Error(`${recording}: ${problem}`)
    return readFileSync(join(folder, 'report.html'), 'utf8')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

let fresh = true
for (const name of ['local', 'kind']) {
  const recording = `${root}/docs/reports/${name}.ndjson.gz`
  if (existsSync(recording)) fresh = emit(`${root}/docs/reports/${name}.html`, reportOf(recording), values.check) && fresh
}
process.exitCode = values.check && !fresh ? 1 : 0
