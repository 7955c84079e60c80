import { parseArgs } from 'node:util'

/** What the command line asks for. */
export interface Command {
  /** 32 hexadecimal digits. */
  trace: string
  /** Folder of a local run. */
  out: string
  /** Read standard input in place of a folder. */
  stdin: boolean
  json: boolean
}

/** A mistake in the command; its message names the flag and the fix. */
export class UsageError extends Error {
  override name = 'UsageError'
}

export const help = `Usage: npm run logs -- --trace ID [options], or make logs TRACE=ID

Prints what all services logged of one trace, merged by time: one readable line each.

  --trace ID    trace id, 32 hexadecimal digits, or a whole traceparent
  --out DIR     folder of the local run whose logs/*.log are read (default out/demo)
  --stdin       read standard input in place of a folder:
                kubectl logs -l app.kubernetes.io/instance=headroom --tail=-1 --max-log-requests=100 |
                  npm run --silent logs -- --trace ID --stdin
  --json        the lines as they were logged
  --help        this text

Of most requests nothing is logged. All services log every request of a trace whose caller asks for it with the sampled flag, the last digit:
  curl -H "traceparent: 00-$(openssl rand -hex 16)-$(openssl rand -hex 8)-01" ...
`

/**
 * Reads the command line.
 * @returns undefined when help was asked for
 * @throws UsageError naming the flag and the fix
 */
export function parseCommand(args: string[]): Command | undefined {
  const { trace = '', out, stdin, json, help } = parse(args)
  if (help) return undefined
  if (trace === '')
    throw new UsageError('--trace: say which trace, by the trace_id of a log line or the traceparent of a request: make logs TRACE=<id>')
  const [, id] = /^(?:00-)?([0-9a-f]{32})(?:-[0-9a-f]{16}-[0-9a-f]{2})?$/i.exec(trace) ?? []
  if (id === undefined) throw new UsageError(`--trace ${trace}: must be 32 hexadecimal digits, or a traceparent`)
  if (stdin && out !== undefined) throw new UsageError('--stdin and --out exclude each other: give one of them')
  return { trace: id.toLowerCase(), out: out ?? 'out/demo', stdin, json }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        trace: { type: 'string' },
        out: { type: 'string' },
        stdin: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
      strict: true,
    }).values
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ', 1)[0]}; --help lists the options`)
  }
}
