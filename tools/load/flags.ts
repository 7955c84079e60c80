import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { parseDurationS } from './duration.ts'
import { DEFAULTS, type LoadOptions } from './load-options.ts'
import { type Stage, steadyProfile, stepsProfile, surgeProfile, UsageError } from './profile.ts'
import { readProfileFile } from './profile-file.ts'
import type { Mix } from './traffic.ts'

/** What the command line asks for. */
export interface Command {
  readonly help: boolean
  readonly load: LoadOptions
  readonly out: string | null
  readonly acks: string | null
}

const text = { type: 'string' } as const
const FLAGS = {
  ...{ profile: text, rate: text, factor: text, duration: text, steps: text, calm: text, surge: text, after: text },
  ...{ arrivals: text, seed: text, mix: text, 'hot-event': text, 'hot-share': text, 'url-path': text },
  ...{ 'timeout-ms': text, 'on-time-ms': text, connections: text, 'connections-max': text, 'queue-max': text, out: text, acks: text },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsOptionsConfig

/** Flags that mean something to one profile only. */
const PROFILE_FLAGS: Record<string, readonly string[]> = {
  steady: ['rate', 'duration'],
  surge: ['rate', 'factor', 'calm', 'surge', 'after'],
  steps: ['rate', 'factor', 'steps', 'duration'],
  file: [],
}

type Values = Partial<Record<Exclude<keyof typeof FLAGS, 'help'>, string>>

/**
 * Reads the command line.
 * @throws {UsageError} naming the flag and the fix
 */
export function parseCommand(args: readonly string[]): Command {
  const { values, positionals } = parse(args)
  const { help = false, ...flags } = values
  if (help) return { help, load: { url: '', stages: [] }, out: null, acks: null }
  const [url, ...extra] = positionals
  if (url === undefined) throw new UsageError('the target is missing: give its URL, such as http://127.0.0.1:3000')
  if (extra.length > 0) throw new UsageError(`"${extra[0]}" is one argument too many: there is one target`)
  return { help, load: { url, stages: stagesOf(flags), ...requestsOf(flags) }, out: flags.out ?? null, acks: flags.acks ?? null }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, allowPositionals: true, strict: true })
  } catch (error) {
    // Node's own sentences name the flag; the rest of them is advice on how to pass it as a positional.
    const message = error instanceof Error ? error.message.split('. ', 1)[0] : String(error)
    throw new UsageError(`${message}: see --help`)
  }
}

function stagesOf(flags: Values): Stage[] {
  const profile = flags.profile ?? 'steady'
  const kind = /\.ya?ml$/.test(profile) ? 'file' : profile
  const known = PROFILE_FLAGS[kind]
  if (known === undefined) throw new UsageError(`--profile ${profile}: must be steady, surge, steps or a .yaml file`)
  const foreign = [...new Set(Object.values(PROFILE_FLAGS).flat())].find((flag) => flag in flags && !known.includes(flag))
  if (foreign !== undefined) throw new UsageError(`--${foreign}: has no meaning with --profile ${profile}`)
  if (kind === 'file') return readProfileFile(profile)

  const rate = number(flags, 'rate', 40, { above: 0 })
  const factor = number(flags, 'factor', 5, { above: 0 })
  if (kind === 'surge') {
    return surgeProfile(rate, factor, durationS(flags, 'calm', 20), durationS(flags, 'surge', 60), durationS(flags, 'after', 40))
  }
  const totalS = durationS(flags, 'duration', 60)
  if (kind === 'steady') return steadyProfile(rate, totalS)
  return stepsProfile(rate, factor, number(flags, 'steps', 5, { above: 0, most: 100, whole: true }), totalS)
}

function requestsOf(flags: Values): Omit<LoadOptions, 'url' | 'stages'> {
  const whole = { above: 0, whole: true }
  const { limits } = DEFAULTS
  const connections = number(flags, 'connections', limits.connections, whole)
  const connectionsMax = number(flags, 'connections-max', Math.max(limits.connectionsMax, connections), whole)
  if (connectionsMax < connections)
    throw new UsageError(`--connections-max ${connectionsMax}: must be at least --connections ${connections}`)
  const arrivals = flags.arrivals ?? DEFAULTS.arrivals
  if (arrivals !== 'poisson' && arrivals !== 'uniform') throw new UsageError(`--arrivals ${arrivals}: must be poisson or uniform`)
  return {
    arrivals,
    seed: number(flags, 'seed', DEFAULTS.seed, { least: 0, most: 2 ** 31, whole: true }),
    mix: flags.mix === undefined ? DEFAULTS.mix : parseMix(flags.mix),
    hotEvent: flags['hot-event'] ?? DEFAULTS.hotEvent,
    hotShare: number(flags, 'hot-share', DEFAULTS.hotShare, { least: 0, most: 1 }),
    ...(flags['url-path'] === undefined ? {} : { urlPath: flags['url-path'] }),
    limits: { connections, connectionsMax, queueMax: number(flags, 'queue-max', limits.queueMax, whole) },
    timeoutMs: number(flags, 'timeout-ms', DEFAULTS.timeoutMs, whole),
    ...(flags['on-time-ms'] === undefined ? {} : { onTimeMs: number(flags, 'on-time-ms', 0, whole) }),
  }
}

interface Range {
  readonly above?: number
  readonly least?: number
  readonly most?: number
  readonly whole?: boolean
}

function number(flags: Values, flag: keyof Values, otherwise: number, range: Range): number {
  const given = flags[flag]
  if (given === undefined) return otherwise
  const value = /^\d+(\.\d+)?$/.test(given) ? Number(given) : Number.NaN
  const { above = Number.NEGATIVE_INFINITY, least = Number.NEGATIVE_INFINITY, most = Number.MAX_SAFE_INTEGER, whole = false } = range
  if (value > above && value >= least && value <= most && (!whole || Number.isInteger(value))) return value
  const bounds = [
    Number.isFinite(above) ? `above ${above}` : '',
    Number.isFinite(least) ? `from ${least}` : '',
    range.most === undefined ? '' : `up to ${most}`,
  ]
  throw new UsageError(`--${flag} ${given}: must be a ${whole ? 'whole ' : ''}number ${bounds.filter(Boolean).join(' ')}`)
}

function durationS(flags: Values, flag: keyof Values, otherwiseS: number): number {
  const given = flags[flag]
  if (given === undefined) return otherwiseS
  const value = parseDurationS(given)
  if (value === null) throw new UsageError(`--${flag} ${given}: must be a duration such as 500ms, 20s or 2m`)
  return value
}

/**
 * Shares of the journeys from `browse=45,view=30,order=15,read=10`; journeys left out get none.
 * @throws {UsageError}
 */
export function parseMix(given: string): Mix {
  const mix: Record<keyof Mix, number> = { browse: 0, view: 0, order: 0, read: 0 }
  for (const part of given.split(',')) {
    const match = /^(\w+)=(\d+(?:\.\d+)?)$/.exec(part)
    const journey = match?.[1]
    if (journey === undefined || !(journey in mix)) {
      throw new UsageError(`--mix "${part}": must be browse, view, order or read, "=" and a number, such as ${'browse=45,order=15'}`)
    }
    mix[journey as keyof Mix] = Number(match?.[2])
  }
  if (Object.values(mix).every((share) => share === 0)) throw new UsageError('--mix: at least one journey needs a share above 0')
  return mix
}
