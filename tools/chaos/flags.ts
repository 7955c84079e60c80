import { parseArgs } from 'node:util'
import type { Row } from './row.ts'

/** What the command line asks for. */
export interface Flags {
  seed: number
  only: string[]
  quick: boolean
  out: string
  fresh: boolean
}

/** A mistake on the command line; its message names the flag and the fix. */
export class UsageError extends Error {}

const options = {
  seed: { type: 'string', default: '1' },
  only: { type: 'string', default: '' },
  quick: { type: 'boolean', default: false },
  out: { type: 'string', default: 'out/chaos' },
  fresh: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

/** What `--help` prints. */
export function helpText(rows: Row[]): string {
  const list = rows.map(({ name, promise }) => `  ${name.padEnd(18)} ${promise}`).join('\n')
  return `Usage: npm run chaos -- [flags]

Kills, starves and floods the on-sale on this machine and checks what it promises. Exit codes: 0 all of it held, 1 something did not, 2 usage.

  --seed N        repeats a run's choices (default 1)
  --only a,b      these rows alone
  --quick         reduced counts, as the tests run them
  --out DIR       result files, logs and databases (default out/chaos)
  --fresh         run rows again that have a result with this seed and these counts
  --help          this text

Rows:
${list}
`
}

/**
 * Reads the command line.
 * @returns undefined when help was asked for
 * @throws UsageError naming the flag and the fix
 */
export function parseFlags(args: string[], names: string[]): Flags | undefined {
  const values = parse(args)
  if (values.help) return undefined
  const only = values.only.split(',').filter((name) => name !== '')
  const unknown = only.find((name) => !names.includes(name))
  if (unknown !== undefined) throw new UsageError(`--only ${unknown}: no such row; there are ${names.join(', ')}`)
  const seed = Number(values.seed)
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff)
    throw new UsageError(`--seed ${values.seed}: must be a whole number from 0 to 4294967295`)
  return { seed, only, quick: values.quick, out: values.out, fresh: values.fresh }
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options, allowPositionals: false, strict: true }).values
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ', 1)[0]}; --help lists the flags`)
  }
}
