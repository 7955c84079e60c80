import type { LoadSample } from '@headroom/report/sample'
import type { InvariantResult } from '@headroom/report/summary'
import type { Verdict } from '@headroom/report/verdict'
import type { Node, Pod } from './kube-types.ts'

/** One thing that is done to the nodes or pods, and how the load fared meanwhile. */
export interface Phase {
  name: string
  /** One for each second. */
  samples: LoadSample[]
  /** Undefined where requests may fail, and only the end of it all counts. */
  promise: PhasePromise | undefined
}

/** No request may fail. */
export interface PhasePromise {
  /** The share of what is offered that is answered at least. */
  okShareMin?: number
}

/** A phase's load as a line. */
export function phaseLine({ name, samples }: Phase): string {
  const sum = (what: 'offered' | 'ok' | 'shed' | 'failed') => samples.reduce((total, sample) => total + sample[what], 0)
  const lastFailure = samples.findLastIndex(({ failed }) => failed > 0)
  const last = lastFailure < 0 ? '' : `, the last in second ${lastFailure + 1}`
  return `${name}: ${samples.length} s, ${sum('offered')} requests, ${sum('ok')} ok, ${sum('shed')} shed, ${sum('failed')} failed${last}`
}

/** Whether each phase kept its promise, and the invariants hold. */
export function nodesVerdicts(phases: Phase[], invariants: Record<string, InvariantResult>): Verdict[] {
  const calm = phases.flatMap(phaseVerdicts)
  const kept = Object.entries(invariants).map(([name, { holds, checked }]) => ({
    limit: `${name} holds`,
    figure: `${checked} rows checked`,
    holds,
  }))
  return [...calm, ...kept]
}

function phaseVerdicts({ name, samples, promise }: Phase): Verdict[] {
  if (promise === undefined) return []
  const { okShareMin } = promise
  const sum = (what: 'offered' | 'ok' | 'failed') => samples.reduce((total, sample) => total + sample[what], 0)
  const [offered, ok, failed] = [sum('offered'), sum('ok'), sum('failed')]
  const verdicts = [{ limit: `${name}: no request failed`, figure: `${failed} of ${offered}`, holds: offered > 0 && failed === 0 }]
  if (okShareMin !== undefined) {
    const limit = `${name}: at least ${100 * okShareMin} % answered`
    verdicts.push({ limit, figure: `${ok} of ${offered}`, holds: offered > 0 && ok >= okShareMin * offered })
  }
  return verdicts
}

/** The workers: those with Postgres on them, and the others. */
export function workersOf(nodes: Node[], pods: Pod[]): { withPostgres: string[]; others: string[] } {
  const workers = nodes.filter(({ metadata }) => metadata.labels?.['node-role.kubernetes.io/control-plane'] === undefined)
  const names = workers.map(({ metadata: { name } }) => name)
  const holds = (node: string) =>
    pods.some(({ metadata, spec }) => spec.nodeName === node && metadata.labels?.['app.kubernetes.io/name'] === 'headroom-postgres')
  return { withPostgres: names.filter(holds), others: names.filter((name) => !holds(name)) }
}
