import { LiveView } from '@headroom/report/live'
import { reportOn } from '@headroom/report/report'
import { type LoadResult, type Summary, writeRun } from '@headroom/report/summary'
import type { Verdict } from '@headroom/report/verdict'
import { openRecording } from './record.ts'
import { Surge } from './surge.ts'
import { type SurgeOptions, surgeFlags } from './surge-job.ts'
import type { OnSale } from './up.ts'
import { Watch } from './watch.ts'

/** How long everything must have been at its minimum before the load is ended early. */
const quietS = 15

export interface DemoResult {
  summary: Summary
  verdicts: Verdict[]
}

/**
 * A surge on an installed on-sale, watched until every service is back at its minimum, with load all the while; then the
 * invariants, the record of the run in `out`, and its report, whose verdicts are the run's. A run that is ended early leaves a
 * recording without an end.
 */
export async function surgeOnCluster(onSale: OnSale, options: SurgeOptions, out: string, view = new LiveView()): Promise<DemoResult> {
  const { target, api, services, tag } = onSale
  const watch = new Watch(api, services, view)
  const surge = new Surge(target, api)
  const undo = onInterrupt(surge, view)
  try {
    const recording = await openRecording(api, services, out, { startedAtMs: watch.startedAtMs, tag })
    let summary: Summary
    try {
      await watch.start(recording)
      const load = await offer(onSale, options, watch, surge, view)
      watch.stop()
      view.end()
      view.note('checking the invariants')
      const invariants = await surge.invariants((line) => view.note(line))
      const { samples, decisions, atS } = watch
      recording.end({ atS, load, invariants })
      summary = await writeRun(out, { engine: 'kubernetes', load, samples, decisions, invariants })
    } finally {
      watch.stop()
      // A recording that is not complete makes a report that says so; what ended the run is the better thing to tell.
      await recording.close().catch((error: Error) => view.note(error.message))
    }
    const verdicts = reportOn(out, (text) => view.note(`\n${text.trimEnd()}`))
    view.note(`summary: ${out}/summary.json   timeline: ${out}/timeline.csv   recording: ${out}/recording.ndjson`)
    return { summary, verdicts }
  } finally {
    undo()
  }
}

/** Offers the load to its end, which comes early once every service is back. */
async function offer(onSale: OnSale, options: SurgeOptions, watch: Watch, surge: Surge, view: LiveView): Promise<LoadResult> {
  const { registry, tag } = onSale
  const { rate, factor, calmS, surgeS, afterS } = options
  view.note(
    `surge from inside the cluster: ${calmS} s at ${rate}/s, ${surgeS} s at ${rate * factor}/s, then up to ${afterS} s at ${rate}/s`,
  )
  await surge.start(surgeFlags(options), { registry, tag })
  const end = new Ending(watch, surge, view)
  return await surge.load(watch, (stage) => end.look(stage))
}

/** Ends the load once, after the surge, every service has been at its minimum for a while. */
class Ending {
  #quietSinceS = Number.POSITIVE_INFINITY
  #asked = false
  readonly #watch: Watch
  readonly #surge: Surge
  readonly #view: LiveView

  constructor(watch: Watch, surge: Surge, view: LiveView) {
    this.#watch = watch
    this.#surge = surge
    this.#view = view
  }

  look(stage: string): void {
    if (stage !== 'after') return
    const { atS, atMinimum } = this.#watch
    this.#quietSinceS = atMinimum ? Math.min(this.#quietSinceS, atS) : Number.POSITIVE_INFINITY
    if (this.#asked || atS - this.#quietSinceS < quietS) return
    this.#asked = true
    this.#view.note('every service is back at its minimum: ending the load')
    // Where that cannot be asked the load ends on its own, only later.
    this.#surge.endEarly().catch((error: Error) => this.#view.note(error.message))
  }
}

/** Ctrl-C takes the load away and leaves the on-sale. */
function onInterrupt(surge: Surge, view: LiveView): () => void {
  const stop = (signal: NodeJS.Signals) => {
    view.end()
    view.note(`${signal}: removing the load; the on-sale stays (\`make down\` removes a kind cluster)`)
    void surge.remove().finally(() => process.exit(130))
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  return () => void process.off('SIGINT', stop).off('SIGTERM', stop)
}
