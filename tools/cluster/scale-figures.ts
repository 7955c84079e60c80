import type { DriveResult } from '@headroom/counted-work/drive'
import type { Verdict } from '@headroom/report/verdict'

export interface Measured extends DriveResult {
  replicas: number
}

/** What n replicas must give of n times what one gives. */
const shareMin = 0.92
/** Accounting of a CPU quota and of CPU time is in slices of a few milliseconds. */
const quotaSlack = 1.05

/** The most good answers per second that the CPU quota allows, given what one answer's work cost. */
export function quotaPerS({ replicas, cpuUsMean }: Measured, limitMillicores: number): number {
  return cpuUsMean === 0 ? 0 : (replicas * limitMillicores * 1000) / cpuUsMean
}

/** Capacity grows with replicas, and no measurement claims more than the quota can pay for. */
export function scaleVerdicts(measured: Measured[], limitMillicores: number): Verdict[] {
  const one = measured.find(({ replicas }) => replicas === 1)
  return measured.flatMap((result) => {
    const { replicas, goodPerS } = result
    const most = quotaPerS(result, limitMillicores)
    const believable: Verdict = {
      limit: `${replicas} x ${limitMillicores}m: no more answers than the quota pays for`,
      figure: `${goodPerS.toFixed(1)}/s of at most ${most.toFixed(1)}/s at ${(result.cpuUsMean / 1000).toFixed(2)} ms of CPU each`,
      holds: goodPerS > 0 && goodPerS <= most * quotaSlack,
    }
    if (!one || replicas === 1) return [believable]
    const share = one.goodPerS === 0 ? 0 : goodPerS / (replicas * one.goodPerS)
    return [
      believable,
      {
        limit: `${replicas} replicas give at least ${shareMin} of ${replicas} times what one gives`,
        figure: share.toFixed(3),
        holds: share >= shareMin,
      },
    ]
  })
}

/** One size as a line: answers per second, how many times those of one replica, and what they cost. */
export function scaleLine(result: Measured, one: Measured | undefined, limitMillicores: number): string {
  const times = one && one.goodPerS > 0 ? `${(result.goodPerS / one.goodPerS).toFixed(2)} x` : ''
  const cells = [
    `${result.replicas} x ${limitMillicores}m`.padEnd(10),
    `${result.goodPerS.toFixed(1)}/s`.padStart(9),
    times.padStart(8),
    `median ${Math.round(result.medianMs)} ms`.padStart(16),
    `${(result.cpuUsMean / 1000).toFixed(2)} ms CPU each`.padStart(18),
    `${result.bad} bad`.padStart(8),
  ]
  return cells.join('')
}
