import { parseArgs } from 'node:util'
import { UsageError } from './input-file.ts'

/** What the command line asks for. */
export interface Command {
  /** One, or two to compare. */
  folders: string[]
  compare: boolean
  limits: string | undefined
  policy: string | undefined
  out: string | undefined
}

export const help = `Usage: npm run report -- FOLDER [options], or npm run report -- --compare A B [options]

Reads FOLDER/recording.ndjson, which a run leaves (docs/recording.md), and nothing else. Writes report.html, report.json and
report.csv beside it; the same recording gives the same bytes.

  --limits FILE   YAML or JSON of named limits, in place of those of the demos; a name that is not known is refused
  --policy FILE   YAML list of policies to replay: name, and any of targetPercent, behavior, minReplicas, maxReplicas
                  (default: the target 20 points up, 20 points down, and no stabilization)
  --compare       two folders side by side: writes compare.html and compare.json instead
  --out DIR       where to write (default FOLDER; with --compare out/compare)
  --help          this text

Ends with 0 when every limit holds, 1 when one does not, 2 for a mistake on the command line or in a file it names, 64 for a
recording that cannot be used; with 2 and 64 nothing is written.
`

const flags = {
  limits: { type: 'string' },
  policy: { type: 'string' },
  compare: { type: 'boolean', default: false },
  out: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

/**
 * Reads the command line.
 * @returns undefined when help was asked for
 * @throws UsageError naming the flag and the fix
 */
export function parseCommand(args: string[]): Command | undefined {
  const { values, positionals } = parse(args)
  if (values.help) return undefined
  const { limits, policy, compare, out } = values
  const wanted = compare ? 2 : 1
  if (positionals.length !== wanted) {
    const what = compare ? '--compare takes two folders' : 'name one folder of a recorded run, such as out/demo'
    throw new UsageError(`${what}, not ${positionals.length}; --help lists the options`)
  }
  return { folders: positionals, compare, limits, policy, out }
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: flags, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ', 1)[0]}; --help lists the options`)
  }
}
