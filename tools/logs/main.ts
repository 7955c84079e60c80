#!/usr/bin/env node
import { type Command, help, parseCommand, UsageError } from './command.ts'
import { readable } from './line.ts'
import { linesMax, linesOfFolder, linesOfStream } from './read.ts'

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

try {
  const command = parseCommand(process.argv.slice(2))
  if (command === undefined) process.stdout.write(help)
  else await run(command)
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}

async function run({ trace, out, stdin, json }: Command): Promise<void> {
  const { lines, more } = stdin ? await linesOfStream(process.stdin, trace) : await linesOfFolder(out, trace)
  for (const line of lines) process.stdout.write(`${json ? line.text : readable(line)}\n`)
  if (more) process.stderr.write(`only the first ${linesMax} lines that were found are shown\n`)
}
