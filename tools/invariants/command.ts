import { parseArgs } from 'node:util'

/** What the command line asks for. */
export interface Command {
  readonly help: boolean
  /** Path of the acknowledgement log, `-` for standard input. */
  readonly acks: string
  readonly out: string | null
  readonly settleMs: number
}

/** A mistake in the command; its message names the flag and the fix. */
export class UsageError extends Error {
  override name = 'UsageError'
}

const SETTLE_S_MAX = 3600

/** What `--help` prints. */
export const HELP = `Checks the invariants of the on-sale from committed rows and from what buyers were told, never from counters.

usage: npm run check:invariants -- --acks out/run/acks.ndjson [--out invariants.json] [--settle-s 20]

  --acks FILE       the load generator's acknowledgement log, or "-" for standard input
  --out FILE        writes {"I1": {"holds", "checked", "violationCount", "violations": [{"row", "problem"}]}, ...}
  --settle-s 20     how long unfinished orders and undelivered events may take to end before they count as violations
  --help

The databases catalog, inventory, orders and payments of one Postgres are read as PGUSER (default postgres, with
PGPASSWORD) at PGHOST (default 127.0.0.1), PGPORT (default 5432). Nobody may be ordering meanwhile.
Exit codes: 0 all hold; 1 at least one does not, its rows are named; 2 the command is wrong, or nothing could be checked.
`

/**
 * Reads the command line.
 * @throws {UsageError}
 */
export function parseCommand(args: readonly string[]): Command {
  const { acks, out, 'settle-s': settleS, help } = parse(args)
  if (help) return { help, acks: '', out: null, settleMs: 0 }
  if (acks === undefined) throw new UsageError('--acks: must name the acknowledgement log, which tools/load writes as acks.ndjson')
  const seconds = /^\d+(\.\d+)?$/.test(settleS) ? Number(settleS) : Number.NaN
  if (!(seconds <= SETTLE_S_MAX)) throw new UsageError(`--settle-s ${settleS}: must be a number of seconds up to ${SETTLE_S_MAX}`)
  return { help, acks, out: out ?? null, settleMs: seconds * 1000 }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        acks: { type: 'string' },
        out: { type: 'string' },
        'settle-s': { type: 'string', default: '20' },
        help: { type: 'boolean', short: 'h', default: false },
      },
      strict: true,
    }).values
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message.split('. ', 1)[0] : String(error)}: see --help`)
  }
}
