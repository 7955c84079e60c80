import { LiveView } from '@headroom/report/live'
import { type Summary, writeRun } from '@headroom/report/summary'
import { type Verdict, verdictText } from '@headroom/report/verdict'
import { backAfterS, clusterVerdicts } from './promises.ts'
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
 * invariants, the record of the run in `out`, and the verdicts.
 */
export async function surgeOnCluster(onSale: OnSale, options: SurgeOptions, out: string, view = new LiveView()): Promise<DemoResult> {
  const { target, api, services, registry, tag } = onSale
  const { rate, factor, calmS, surgeS, afterS } = options
  const watch = new Watch(api, services, view)
  const surge = new Surge(target, api)
  const undo = onInterrupt(surge, view)
  view.note(
    `surge from inside the cluster: ${calmS} s at ${rate}/s, ${surgeS} s at ${rate * factor}/s, then up to ${afterS} s at ${rate}/s`,
  )
  try {
    await watch.start()
    await surge.start(surgeFlags(options), { registry, tag })
    const end = new Ending(watch, surge, view)
    const load = await surge.load(watch, (stage) => end.look(stage))
    watch.stop()
    view.end()
    view.note('checking the invariants')
    const invariants = await surge.invariants((line) => view.note(line))
    const { samples, decisions, minimum } = watch
    const summary = await writeRun(out, { engine: 'kubernetes', load, samples, decisions, invariants })
    const verdicts = clusterVerdicts(summary, samples, backAfterS(samples, end.surgeEndS, minimum))
    view.note(`\n${verdictText(verdicts)}\n\nsummary: ${out}/summary.json   timeline: ${out}/timeline.csv`)
    return { summary, verdicts }
  } finally {
    watch.stop()
    undo()
  }
}

/** Knows when the surge is over, and ends the load once every service has been at its minimum for a while. */
class Ending {
  surgeEndS = Number.POSITIVE_INFINITY
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
    this.surgeEndS = Math.min(this.surgeEndS, atS)
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
