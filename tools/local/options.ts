import { parseArgs } from 'node:util'

/** What the command line asks of the local engine. */
export interface Options {
  command: 'demo' | 'start'
  speed: number
  rate: number
  factor: number
  calmS: number
  surgeS: number
  afterS: number
  port: number
  out: string
  keep: boolean
  open: boolean
  cpuLimit: boolean
}

/** A mistake on the command line; its message names the flag and the fix. */
export class UsageError extends Error {}

export const help = `Usage: npm run demo -- [options], or npm start -- [options]

demo    the on-sale under a surge on this machine: calm, a step, calm; ends with OUT/report.html and exits 0 when every
        limit of it held
start   the same without a surge, until Ctrl-C

  --speed N       the autoscaler's clock runs N times faster: sync, windows and policies alike; 1 is real time (default 8)
  --rate N        requests per second while calm (default 8)
  --factor N      how many times that in the surge (default 15)
  --calm S        seconds before the surge (default 12)
  --surge S       seconds of surge (default 55)
  --after S       seconds of calm after it (default 35)
  --port N        port of the gateway on 127.0.0.1; 0 lets the system choose (default 3000)
  --out DIR       where results, logs and the database go (default out/demo)
  --no-cpu-limit  do not emulate the charts' CPU limits
  --open          show the live page in the browser
  --keep          demo: leave the on-sale running when the surge is over, until Ctrl-C
  --help          this text
`

const flags = {
  speed: { type: 'string', default: '8' },
  rate: { type: 'string', default: '8' },
  factor: { type: 'string', default: '15' },
  calm: { type: 'string', default: '12' },
  surge: { type: 'string', default: '55' },
  after: { type: 'string', default: '35' },
  port: { type: 'string', default: '3000' },
  out: { type: 'string', default: 'out/demo' },
  'no-cpu-limit': { type: 'boolean', default: false },
  open: { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

/**
 * Reads the command line.
 * @returns undefined when help was asked for
 * @throws UsageError naming the flag and the fix
 */
export function parseOptions(args: string[]): Options | undefined {
  const { values, positionals } = parse(args)
  if (values.help) return undefined
  const [command, ...extra] = positionals
  if (command !== 'demo' && command !== 'start')
    throw new UsageError(`say what to do: demo or start${command === undefined ? '' : `, not "${command}"`}; --help lists the options`)
  if (extra.length > 0) throw new UsageError(`"${extra[0]}" is not expected after ${command}; --help lists the options`)
  return {
    command,
    speed: between('speed', values.speed, 1, 60),
    rate: between('rate', values.rate, 1, 5000),
    factor: between('factor', values.factor, 1, 100),
    calmS: between('calm', values.calm, 1, 3600),
    surgeS: between('surge', values.surge, 1, 3600),
    afterS: between('after', values.after, 1, 3600),
    port: between('port', values.port, 0, 65_535, true),
    out: values.out,
    keep: values.keep,
    open: values.open,
    cpuLimit: !values['no-cpu-limit'],
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: flags, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ', 1)[0]}; --help lists the options`)
  }
}

function between(flag: string, text: string, least: number, most: number, whole = false): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= least && value <= most && (!whole || Number.isInteger(value))) return value
  throw new UsageError(`--${flag} ${text}: must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}`)
}
