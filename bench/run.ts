import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Runs one bench by name: `npm run bench -- load`. A bench is a file beside this one that exports `main(args)`; its
 * comment that begins with "The claim:" says what it is to show.
 */

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .map((file) => file.slice(0, -'.ts'.length))
  .sort()

const [name, ...args] = process.argv.slice(2)
if (name === undefined || name === '--help' || name === '-h') {
  const list = names.map((bench) => `  ${bench.padEnd(12)} ${claimOf(bench)}`)
  process.stdout.write(`Usage: npm run bench -- NAME [flags], or NAME --help\n\n${list.join('\n')}\n`)
} else if (!names.includes(name)) {
  fail(`no bench "${name}": must be one of ${names.join(', ')}`)
} else {
  const { main } = (await import(`./${name}.ts`)) as { main: (args: string[]) => Promise<void> }
  await main(args).catch((error: NodeJS.ErrnoException) => {
    if (!error.code?.startsWith('ERR_PARSE_ARGS_')) throw error
    fail(`${error.message.split('. ', 1)[0]}: see --help`)
  })
}

function fail(sentence: string): void {
  process.stderr.write(`${sentence}\n`)
  process.exitCode = 2
}

function claimOf(bench: string): string {
  const text = readFileSync(join(import.meta.dirname, `${bench}.ts`), 'utf8')
  return /The claim: (.+?)(?:\s*\*\/|\n)/.exec(text)?.[1] ?? ''
}
