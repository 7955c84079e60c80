#!/usr/bin/env node
import { helpText, parseFlags, UsageError } from './flags.ts'
import { rows } from './rows.ts'
import { runRows } from './run.ts'

const note = (text: string) => void process.stdout.write(`${text}\n`)
const interruption = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interruption.abort(new Error(`stopped by ${name}`)))

try {
  const names = rows.map(({ name }) => name)
  const flags = parseFlags(process.argv.slice(2), names)
  if (flags === undefined) note(helpText(rows))
  else {
    const wanted = rows.filter(({ name }) => flags.only.length === 0 || flags.only.includes(name))
    const results = await runRows(wanted, flags, note, interruption.signal)
    const broken = results.filter(({ holds }) => !holds).map(({ name }) => name)
    note(broken.length === 0 ? `\nall ${results.length} rows held` : `\nnot held: ${broken.join(', ')}`)
    process.exit(broken.length === 0 ? 0 : 1)
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exit(error instanceof UsageError ? 2 : 1)
}
