import type { LimitReason } from './limits.ts'
import type { DefaultedSpec } from './spec.ts'

export interface Why {
  /** The measurement or rule behind the decision. */
  text: string
  /** What the metrics alone would have, before and after stabilization; absent when no metric was asked. */
  wanted?: number
  stabilized?: number
  limitedBy?: LimitReason
}

/** For people: who moves from how many to how many and why, and the why alone, with what held the number back if anything did. */
export function explain(spec: DefaultedSpec, current: number, desired: number, why: Why): { reason: string; why: string } {
  const { name } = spec.scaleTargetRef
  const move = current === desired ? `${name} stays at ${current}` : `${name} ${current} -> ${desired}`
  const notes = [stabilizedNote(current, why), limitNote(spec, why.limitedBy)].filter((note) => note !== undefined)
  const text = [why.text, ...notes].join('; ')
  return { reason: `${move}: ${text}`, why: text }
}

function stabilizedNote(current: number, { wanted, stabilized }: Why): string | undefined {
  if (wanted === undefined || stabilized === wanted) return undefined
  return `wants ${wanted}, held at ${stabilized} by the scale-${wanted >= current ? 'up' : 'down'} stabilization window`
}

function limitNote(spec: DefaultedSpec, limitedBy: LimitReason | undefined): string | undefined {
  switch (limitedBy) {
    case 'TooManyReplicas':
      return `maxReplicas ${spec.maxReplicas}`
    case 'TooFewReplicas':
      return `minReplicas ${spec.minReplicas}`
    case 'ScaleUpLimit':
      return 'as fast as the scale-up policies allow'
    case 'ScaleDownLimit':
      return 'as fast as the scale-down policies allow'
    default:
      return undefined
  }
}
