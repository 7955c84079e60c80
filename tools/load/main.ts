#!/usr/bin/env node
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, parseCommand } from './flags.ts'
import { HELP } from './help.ts'
import { LineWriter } from './line-writer.ts'
import { totalDurationS, UsageError } from './profile.ts'
import { progressLine, showProgress } from './progress.ts'
import { runLoad } from './run.ts'
import { summaryText } from './summary-text.ts'

const QUIET_PROGRESS_EVERY_S = 10

try {
  const command = parseCommand(process.argv.slice(2))
  if (command.help) process.stdout.write(HELP)
  else await run(command)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}

async function run({ load, out, acks }: Command): Promise<void> {
  let outputError: Error | null = null
  const onOutputError = (error: Error) => {
    outputError ??= error
    current.stop(`output failed: ${error.message}`)
  }
  const stdout = new LineWriter(process.stdout, false, onOutputError)
  if (out !== null) mkdirSync(out, { recursive: true })
  const samples = out === null ? stdout : LineWriter.toFile(join(out, 'load.ndjson'), onOutputError)
  const acksPath = acks ?? (out === null ? null : join(out, 'acks.ndjson'))
  const ackLog = acksPath === null || acksPath === '-' ? stdout : LineWriter.toFile(acksPath, onOutputError)

  const current = runLoad({
    ...load,
    onAcknowledgement: (ack) => {
      if (acksPath !== null) ackLog.write(acksPath === '-' ? { ack } : ack)
    },
  })
  stopOnSignals((signal) => current.stop(signal))
  const totalS = totalDurationS(load.stages)
  for await (const sample of current.samples) {
    samples.write(sample)
    if (process.stderr.isTTY) showProgress(process.stderr, sample, totalS)
    else if (out !== null && sample.t % QUIET_PROGRESS_EVERY_S === 0) process.stderr.write(`${progressLine(sample, totalS)}\n`)
  }
  const summary = await current.summary
  if (process.stderr.isTTY) process.stderr.write('\n')
  process.stderr.write(summaryText(summary))
  if (out === null) stdout.write({ summary })
  else writeFileSync(join(out, 'load-summary.json'), `${JSON.stringify(summary, null, 2)}\n`)
  for (const writer of new Set([stdout, samples, ackLog])) await writer.close()
  if (outputError !== null) throw outputError
}

/** The first signal asks for an early end, the second does not wait for it. */
function stopOnSignals(stop: (signal: string) => void): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.once(signal, () => process.exit(130))
      stop(signal)
    })
  }
}
