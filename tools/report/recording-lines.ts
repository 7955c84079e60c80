/** What each line of a recording must hold. */
import { validate } from '@headroom/hpa/validate'
import { boolean, type Check, isMap, listOf, mapOf, number, oneOf, optional, orNull, shape, text, whole } from './checks.ts'
import { FORMAT, podStates, probeKinds, type RecordedSpec, type RecordingHeader, VERSION, VERSIONS } from './recording-format.ts'

const isoTime: Check = (value, path) =>
  typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/.test(value) && !Number.isNaN(Date.parse(value))
    ? undefined
    : `${path} must be a time such as 2026-11-22T10:00:00.000Z`

/** What the API server would refuse, the replay could not use either. */
const spec: Check = (value, path) => {
  if (!isMap(value)) return `${path} must be the spec of an autoscaler, or null`
  const problem =
    whole(1)(value.maxReplicas, `${path}.maxReplicas`) ?? optional(listOf(shape({ type: text() })))(value.metrics, `${path}.metrics`)
  if (problem !== undefined) return problem
  const recorded: object = value
  const [refused] = validate(withTarget(recorded as RecordedSpec, 'service'))
  return refused === undefined ? undefined : `${path}: ${refused}`
}

/** The spec with a scale target: its own, or the service. */
export function withTarget(recorded: RecordedSpec, service: string) {
  return { scaleTargetRef: { kind: 'Deployment', name: service }, ...recorded }
}

/** A clock faster than this would ask for more sync moments than there are samples by far. */
const speed: Check = (value, path) =>
  typeof value === 'number' && value >= 0.01 && value <= 1000 ? undefined : `${path} must be a number from 0.01 to 1000`

const serviceHeader = shape({
  minReplicas: whole(),
  maxReplicas: whole(),
  cpuRequestMillicores: number(),
  cpuLimitMillicores: number(),
  spec: orNull(spec),
})

const pod = shape({
  name: text(),
  state: oneOf(...podStates.filter((state) => state !== 'gone')),
  requestsPerS: orNull(number()),
  cpuMillicores: orNull(number()),
  cpuAtS: optional(number()),
  cpuWindowS: optional(number()),
})

const serviceSample = shape({
  current: whole(),
  desired: whole(),
  ready: whole(),
  cpuPercent: orNull(number()),
  targetPercent: orNull(number()),
  averageUtilization: optional(orNull(number())),
  requestsPerS: number(),
  p99Ms: orNull(number()),
  shedPerS: number(),
  failedPerS: number(),
  pods: optional(listOf(pod, 1000)),
})

const counts = { offered: number(), ok: number(), refused: number(), limited: number(), shed: number(), failed: number() }
const loadSample = shape({ atS: optional(number(-1e9)), ...counts, p50Ms: number(), p99Ms: number(), stage: text() })
const latency = orNull(number())
const atS = number()

const loadResult = shape({
  startedAt: text(),
  stages: listOf(shape({ name: text(), durationS: number(), ratePerS: number() }), 1000),
  requests: shape(counts),
  orders: shape({ attempted: number(), confirmed: number() }),
  latencyMs: shape({ p50: latency, p95: latency, p99: latency, max: latency }),
})

const lines: Record<string, Check> = {
  header: shape({
    engine: oneOf('local', 'kubernetes'),
    startedAt: isoTime,
    speed,
    versions: mapOf(text()),
    services: mapOf(serviceHeader),
  }),
  sample: shape({ atS, load: orNull(loadSample), services: mapOf(serviceSample) }),
  decision: shape({ atS, service: text(), from: whole(), to: whole(), reason: text(2000) }),
  pod: shape({ atS, service: text(), pod: text(), state: oneOf(...podStates) }),
  probe: shape({ atS, service: text(), pod: text(), probe: oneOf(...probeKinds), ok: boolean }),
  end: shape({ atS, load: loadResult, invariants: mapOf(shape({ holds: boolean, checked: number() })) }),
}

/**
 * What is wrong with one line, as a sentence without its number; undefined when nothing is.
 * @param header undefined for the first line, which must be one
 */
export function lineProblem(value: unknown, header: RecordingHeader | undefined): string | undefined {
  if (!isMap(value)) return 'it must be a JSON object'
  if (header === undefined) return headerProblem(value)
  const check = typeof value.type === 'string' && value.type !== 'header' ? lines[value.type] : undefined
  if (check === undefined) return `a ${JSON.stringify(value.type)} has no place here`
  return check(value, '') ?? unknownService(value, header)
}

function headerProblem(value: Record<string, unknown>): string | undefined {
  if (value.type !== 'header' || value.format !== FORMAT) return `it must be the header of a ${FORMAT}, and is something else`
  if (typeof value.version === 'number' && value.version > VERSION) {
    return `it has version ${value.version} of the format, and this program reads up to ${VERSION}; use the Headroom that wrote it`
  }
  if (!VERSIONS.includes(value.version as number)) return `version must be ${VERSIONS.join(' or ')}`
  return lines.header?.(value, '')
}

/** A service without a header has no numbers to judge it by. */
function unknownService(value: Record<string, unknown>, { services }: RecordingHeader): string | undefined {
  const named = isMap(value.services) ? Object.keys(value.services) : value.service === undefined ? [] : [value.service as string]
  const unknown = named.find((name) => !Object.hasOwn(services, name))
  return unknown === undefined ? undefined : `the service ${unknown} is not in the header`
}
