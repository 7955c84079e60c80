#!/usr/bin/env node
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { readAcknowledgements } from './acknowledgement-log.ts'
import { checkAll } from './check.ts'
import { type Command, HELP, parseCommand } from './command.ts'
import { closeDatabases, openDatabases } from './databases.ts'
import { readEvidence } from './read-evidence.ts'
import { reportText } from './report-text.ts'
import { settle, type Unsettled } from './settle.ts'

try {
  const command = parseCommand(process.argv.slice(2))
  if (command.help) process.stdout.write(HELP)
  else await run(command)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}

async function run({ acks, out, settleMs }: Command): Promise<void> {
  const acknowledgements = await readAcknowledgements(acks)
  const databases = await openDatabases(process.env)
  try {
    await settle(databases, settleMs, showWaiting())
    const results = checkAll(await readEvidence(databases, acknowledgements))
    process.stdout.write(reportText(results))
    if (out !== null) {
      mkdirSync(dirname(out), { recursive: true })
      writeFileSync(out, `${JSON.stringify(results, null, 2)}\n`)
    }
    if (Object.values(results).some(({ holds }) => !holds)) process.exitCode = 1
  } finally {
    await closeDatabases(databases)
  }
}

/** Says what is waited for whenever it changes. */
function showWaiting(): (unsettled: Unsettled) => void {
  let shown = ''
  return ({ orders, events, holds }) => {
    const line = `waiting for ${orders} unfinished orders, ${events} undelivered events, ${holds} holds\n`
    if (orders + events + holds > 0 && line !== shown) process.stderr.write(line)
    shown = line
  }
}
