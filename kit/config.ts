import { Ajv, type ErrorObject } from 'ajv'
import type { Static, TObject, TProperties } from 'typebox'
import { Type } from './schema.ts'
import { hideUserinfo, secretName } from './secrets.ts'

/** Exit code for a configuration that cannot be used: EX_CONFIG of sysexits(3). */
export const exitCodeConfig = 78

const integer = (fallback: number, minimum: number, maximum: number, description: string) =>
  Type.Integer({ default: fallback, minimum, maximum, description })

/** The keys every service understands, whatever else it declares. */
export const baseProperties = {
  HOST: Type.String({ default: '0.0.0.0', minLength: 1, description: 'Address both listeners bind to.' }),
  PORT: integer(3000, 0, 65535, 'Port of the public API; 0 lets the system choose.'),
  OPS_PORT: integer(9000, 0, 65535, 'Port of the probes and metrics; 0 lets the system choose.'),
  LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    description: 'Least severe level that is logged.',
  }),
  LOG_SAMPLE_RATIO: Type.Number({
    default: 0.01,
    minimum: 0,
    maximum: 1,
    description:
      'Share of requests that get a log line, at most 50 a second; a server error and a request whose traceparent is sampled always do, also at most 50 a second each.',
  }),
  POD_NAME: Type.String({ default: '', description: 'Name of this replica in logs; the host name when empty.' }),
  // The last node hears of a removed endpoint within 5 s; then connections that were made until then still get their last reply.
  DRAIN_DELAY_MS: integer(6000, 0, 60_000, 'After SIGTERM, how long to keep serving with `Connection: close` while endpoints are removed.'),
  SHUTDOWN_TIMEOUT_MS: integer(20_000, 100, 120_000, 'After SIGTERM, when to give up and exit 1; must exceed DRAIN_DELAY_MS.'),
  HANDLER_TIMEOUT_MS: integer(4000, 10, 60_000, 'Longest a handler may take; also the deadline of a request that brings none.'),
  CONNECTION_MAX_AGE_MS: integer(
    2000,
    100,
    3_600_000,
    'Mean age at which a kept-alive connection is ended, jittered by half, so that new replicas get their share.',
  ),
  CONCURRENCY_LIMIT_MAX: integer(512, 4, 10_000, 'Upper bound of the adaptive limit on requests in flight.'),
  PRESSURE_MAX_EVENT_LOOP_DELAY_MS: integer(
    2000,
    0,
    60_000,
    'Mean event loop delay above which every request is shed; 0 turns the check off.',
  ),
  PRESSURE_MAX_EVENT_LOOP_UTILIZATION: Type.Number({
    default: 0,
    minimum: 0,
    maximum: 1,
    description: 'Event loop utilization of the last second above which every request is shed; 0 turns the check off.',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.String({
    default: '',
    pattern: '^(https?://[^/?#\\s]+[^?#\\s]*)?$',
    description:
      'Base URL of an OTLP/HTTP receiver such as `http://collector:4318`: spans are sent to `/v1/traces` below it. Empty: none are made.',
  }),
  OTEL_SERVICE_NAME: Type.String({ default: '', description: 'Name of the service in spans; `headroom-` and its own when empty.' }),
  OTEL_RESOURCE_ATTRIBUTES: Type.String({
    default: '',
    pattern: '^([^=,]+=[^,]*(,[^=,]+=[^,]*)*)?$',
    description: 'More attributes of the service in spans: `key=value,key=value`, values percent-encoded.',
  }),
  OTEL_TRACES_SAMPLER_ARG: Type.Number({
    default: 1,
    minimum: 0,
    maximum: 1,
    description: 'Share of new traces that are sampled; a trace that comes with a request is what its traceparent says.',
  }),
}

/** The frozen configuration every service has. */
export type BaseConfig = Readonly<Static<TObject<typeof baseProperties>>>

/** A service's configuration: its keys for documents and tests, and the function that reads it. */
export interface Config<C extends BaseConfig = BaseConfig> {
  readonly properties: TProperties
  /** @throws ConfigError naming every bad key at once */
  load(env: Record<string, string | undefined>): C
}

/**
 * Declares a service's configuration: the shared keys plus its own, each with a type, a description and a default (without one it is required).
 * @param properties typebox schemas by environment variable name
 */
export function defineConfig<P extends TProperties>(properties: P): Config<BaseConfig & Readonly<Static<TObject<P>>>> {
  const all = { ...baseProperties, ...properties }
  return { properties: all, load: (env) => loadConfig(all, env) as BaseConfig & Readonly<Static<TObject<P>>> }
}

/** Every key that is wrong, at once; `problems` has one sentence per key. */
export class ConfigError extends Error {
  readonly problems: string[]
  constructor(problems: string[]) {
    super(`configuration cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/**
 * Reads, checks and freezes a configuration.
 * @param properties typebox schemas by environment variable name
 * @param env variables by name
 * @throws ConfigError naming every bad key and, for a name that nearly matches a key, the key that was meant
 */
export function loadConfig<P extends TProperties>(properties: P, env: Record<string, string | undefined>): Readonly<Static<TObject<P>>> {
  const problems = misspelled(Object.keys(env), Object.keys(properties))
  const given = Object.fromEntries(Object.entries(env).filter(([name, value]) => Object.hasOwn(properties, name) && value !== undefined))
  const config: Record<string, unknown> = { ...given }
  // A default needs no check, and compiling one for each key that nobody sets is most of what reading a configuration costs.
  const checked: TProperties = {}
  for (const [name, schema] of Object.entries(properties)) {
    if (!Object.hasOwn(given, name) && 'default' in schema) config[name] = schema.default
    else checked[name] = schema
  }
  // typebox builds the schema, so checking it again against the draft's own schema would only cost start-up.
  const ajv = new Ajv({ allErrors: true, coerceTypes: true, validateSchema: false, meta: false })
  const validate = ajv.compile(JSON.parse(JSON.stringify(Type.Object(checked))))
  if (!validate(config)) problems.push(...describe(validate.errors ?? [], given))
  else if (Number(config.SHUTDOWN_TIMEOUT_MS) <= Number(config.DRAIN_DELAY_MS))
    problems.push(
      `SHUTDOWN_TIMEOUT_MS must exceed DRAIN_DELAY_MS, else every drain is cut short; they are ${config.SHUTDOWN_TIMEOUT_MS} and ${config.DRAIN_DELAY_MS}`,
    )
  if (problems.length > 0) throw new ConfigError(problems)
  return Object.freeze(config) as Readonly<Static<TObject<P>>>
}

function describe(errors: ErrorObject[], env: Record<string, unknown>): string[] {
  const byKey = new Map<string, string>()
  for (const { instancePath, keyword, message, params } of errors) {
    const missing = keyword === 'required'
    const key = missing ? String(params.missingProperty) : instancePath.slice(1)
    if (missing) byKey.set(key, `${key} is required and not set`)
    else if (keyword === 'enum')
      byKey.set(key, `${key} must be one of ${(params.allowedValues as unknown[]).join(', ')}; it is ${shown(key, env[key])}`)
    else byKey.set(key, `${key} ${message ?? 'is not valid'}; it is ${shown(key, env[key])}`)
  }
  return [...byKey.values()]
}

/** A secret is named in an error, never printed. */
function shown(key: string, value: unknown): string {
  const text = String(value)
  return secretName.test(key) || hideUserinfo(text) !== text ? '(hidden)' : JSON.stringify(value)
}

/** Environment variables that nothing declares are normal; one that is a slip away from a declared key is a mistake. */
function misspelled(names: string[], keys: string[]): string[] {
  const known = new Set(keys)
  const problems: string[] = []
  for (const name of names) {
    if (known.has(name) || name.length < 6) continue
    const meant = keys.find((key) => key.length >= 6 && isOneSlip(name, key) && !names.includes(key))
    if (meant) problems.push(`${name} is not a key of this service; did you mean ${meant}?`)
  }
  return problems
}

/** True when one letter added, dropped, changed or swapped with its neighbour makes a into b. */
function isOneSlip(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false
  let i = 0
  while (i < a.length && a[i] === b[i]) i++
  if (a.length > b.length) return a.slice(i + 1) === b.slice(i)
  if (a.length < b.length) return a.slice(i) === b.slice(i + 1)
  return a.slice(i + 1) === b.slice(i + 1) || (a[i] === b[i + 1] && a[i + 1] === b[i] && a.slice(i + 2) === b.slice(i + 2))
}
