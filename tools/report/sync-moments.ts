import { DEFAULT_FLAGS } from '@headroom/hpa/spec'
import type { Recording } from './recording-format.ts'

/**
 * When the autoscaler of a service looked, in seconds of the recording: once a period, beginning one period after the
 * recording, and pulled to each recorded decision near it, since a decision is only ever taken at such a moment. In a cluster
 * each autoscaler has its own moments; the local engine decides for all at once.
 */
export function syncMoments({ header, decisions, samples }: Recording, service: string): number[] {
  const periodS = DEFAULT_FLAGS.syncPeriodMs / 1000 / header.speed
  const anchors = decisions.filter((decision) => header.engine === 'local' || decision.service === service).map(({ atS }) => atS)
  const endS = samples.at(-1)?.atS ?? 0
  const moments: number[] = []
  let atS = header.engine === 'local' || anchors[0] === undefined ? periodS : anchors[0] % periodS
  while (atS <= endS) {
    const due = atS
    const moment = anchors.find((decidedAtS) => Math.abs(decidedAtS - due) < periodS / 3) ?? due
    moments.push(moment)
    atS = moment + periodS
  }
  return moments
}
