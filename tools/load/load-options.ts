import type { Target } from './connection.ts'
import type { PoolLimits } from './pool.ts'
import { checkStages, type Stage, UsageError } from './profile.ts'
import type { Acknowledgement } from './results.ts'
import type { Spacing } from './schedule.ts'
import type { Mix } from './traffic.ts'

/** What a run can be told; everything but the target and the stages has a default. */
export interface LoadOptions {
  /** Base URL of the target, `http://` only. */
  readonly url: string
  readonly stages: readonly Stage[]
  readonly arrivals?: Spacing
  readonly seed?: number
  readonly mix?: Mix
  readonly hotEvent?: string
  /** Share of views and orders that go to the hot event, 0 to 1. */
  readonly hotShare?: number
  /** Asks for this path alone, in place of the buyers' journeys. */
  readonly urlPath?: string
  readonly limits?: Partial<PoolLimits>
  /** Time from when a request was due until it is given up. */
  readonly timeoutMs?: number
  /** Counts the requests granted within this time apart; those that come later keep their connection busy until `timeoutMs`. */
  readonly onTimeMs?: number
  /** How long to wait for the target's list of events before the run. */
  readonly patienceMs?: number
  /** Called once for every order attempt, when it ends. */
  readonly onAcknowledgement?: (ack: Acknowledgement) => void
}

export const DEFAULTS = {
  arrivals: 'poisson' as Spacing,
  seed: 1,
  mix: { browse: 45, view: 30, order: 15, read: 10 } as Mix,
  hotEvent: 'aurora-live',
  hotShare: 0.7,
  limits: { connections: 64, connectionsMax: 1024, queueMax: 10_000 } as PoolLimits,
  timeoutMs: 5000,
  patienceMs: 10_000,
}

export const CONNECTIONS_MAX = 20_000

/** Options with every default filled in. */
export type ResolvedOptions = Required<Omit<LoadOptions, 'urlPath' | 'onTimeMs' | 'onAcknowledgement' | 'limits'>> &
  Pick<LoadOptions, 'urlPath' | 'onTimeMs' | 'onAcknowledgement'> & {
    readonly limits: PoolLimits
    readonly baseUrl: URL
    readonly target: Target
  }

/**
 * Fills in the defaults and checks what a caller could get wrong.
 * @throws {UsageError} naming the option and the fix
 */
export function resolveOptions(options: LoadOptions): ResolvedOptions {
  const baseUrl = parseUrl(options.url)
  const limits = { ...DEFAULTS.limits, ...options.limits }
  if (limits.connections > limits.connectionsMax) limits.connectionsMax = limits.connections
  const resolved = { ...DEFAULTS, ...options, limits, baseUrl, target: { host: hostOf(baseUrl), port: Number(baseUrl.port || 80) } }
  checkStages(resolved.stages)
  if (resolved.urlPath !== undefined && !/^\/[\x21-\x7e]*$/.test(resolved.urlPath)) {
    throw new UsageError(`url path "${resolved.urlPath}": must begin with "/" and hold no spaces`)
  }
  if (!(resolved.hotShare >= 0 && resolved.hotShare <= 1)) throw new UsageError('hot share: must be between 0 and 1')
  for (const [name, value] of Object.entries({ ...limits, timeoutMs: resolved.timeoutMs, onTimeMs: resolved.onTimeMs ?? 1 })) {
    if (!Number.isInteger(value) || value < 1) throw new UsageError(`${name}: must be a whole number above 0`)
  }
  if (limits.connectionsMax > CONNECTIONS_MAX) throw new UsageError(`connectionsMax: must be at most ${CONNECTIONS_MAX}`)
  return resolved
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || url.protocol !== 'http:') {
    throw new UsageError(`target "${text}": must be an http:// URL such as http://127.0.0.1:3000`)
  }
  if (url.pathname !== '/' || url.search !== '') {
    throw new UsageError(`target "${text}": must not carry a path; to ask for one path alone, add --url-path ${url.pathname}`)
  }
  return url
}

/** The name to connect to; an IPv6 address stands in brackets in a URL only. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1')
}
