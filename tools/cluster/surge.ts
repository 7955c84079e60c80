import type { InvariantResult, LoadResult } from '@headroom/report/summary'
import { ClusterError } from './errors.ts'
import { followContainer, startJob } from './jobs.ts'
import type { KubeApi } from './kube-api.ts'
import type { Pod } from './kube-types.ts'
import { loadJobManifest, onControlPlane, surgeJob } from './surge-job.ts'
import { readInvariants, readLoadLine } from './surge-output.ts'
import { kubectl, type Target } from './target.ts'
import type { Watch } from './watch.ts'

/** Whoever takes the load's seconds: a Watch. */
export type LoadSink = Pick<Watch, 'offered' | 'loadEnded'>

/** A run of the load Job: the load first, the check of the invariants after it. */
export class Surge {
  readonly #target: Target
  readonly #api: KubeApi

  constructor(target: Target, api: KubeApi) {
    this.#target = target
    this.#api = api
  }

  /** Makes the Job. @param flags of tools/load @param place on the control plane's node, where workers are taken away */
  async start(flags: string[], images: { registry: string | undefined; tag: string }, place?: 'control-plane'): Promise<void> {
    const job = await loadJobManifest(flags, images)
    await startJob(this.#target, place ? onControlPlane(job) : job)
  }

  /**
   * Follows the load to its end.
   * @throws ClusterError when it ends without a summary
   */
  async load(sink: LoadSink, onSample: (stage: string) => void = () => {}): Promise<LoadResult> {
    let lastT = 0
    let summary: LoadResult | undefined
    const words: string[] = []
    const code = await followContainer(this.#target, this.#api, surgeJob, 'load', (text) => {
      const line = readLoadLine(text)
      if (!line) words.push(text)
      else if ('summary' in line) summary = line.summary
      // After a broken connection the last lines come twice.
      else if (line.sample.t > lastT) {
        lastT = line.sample.t
        sink.offered(line.sample)
        onSample(line.sample.stage)
      }
    })
    sink.loadEnded()
    if (!summary)
      throw new ClusterError(`The load ended with exit code ${code} and no summary: ${words.slice(-5).join('\n') || 'it said nothing'}`)
    return summary
  }

  /** Asks the load to end before its time; it still awaits its replies and sums up. */
  async endEarly(): Promise<void> {
    const [pod] = await this.#api.list<Pod>('v1', 'pods', `job-name=${surgeJob}`)
    if (pod)
      await kubectl(this.#target, ['exec', pod.metadata.name, '--container', 'load', '--', 'node', '-e', 'process.kill(1, "SIGTERM")'])
  }

  /**
   * The verdict on every invariant, from the databases and what the load was told.
   * @param onLine gets the checker's report
   * @throws ClusterError when nothing could be checked
   */
  async invariants(onLine: (line: string) => void): Promise<Record<string, InvariantResult>> {
    const lines: string[] = []
    const code = await followContainer(this.#target, this.#api, surgeJob, 'invariants', (line) => {
      lines.push(line)
      onLine(line)
    })
    const found = readInvariants(lines)
    if (Object.keys(found).length === 0)
      throw new ClusterError(`The invariants were not checked (exit code ${code}): ${lines.slice(-5).join('\n')}`)
    return found
  }

  /** Takes the Job away, load and all. */
  async remove(): Promise<void> {
    await kubectl(this.#target, ['delete', 'job', surgeJob, '--ignore-not-found', '--wait=false'])
  }
}
