import { cpuStatus, cpuTarget, type FleetService, wantedOf } from './fleet.ts'
import type { Caches } from './objects.ts'

/** A service's wanted size changed. */
export interface Decision {
  at: string
  service: string
  from: number
  to: number
  reason: string
}

/** A change as it came, with the figure of that moment: at the next look it is another. */
interface Change extends Omit<Decision, 'reason'> {
  figure: string
}

const changesMax = 200

/** The autoscaler's words for what the figure says better. */
const cpuAlone = /^cpu (container )?resource utilization \(percentage of request\) (above|below) target$/

/** Notes every change of a wanted size as the API tells of it: an autoscaler writes the figure that ruled with the size that it led to. */
export class Decisions {
  #wanted = new Map<string, number>()
  #changes: Change[] = []

  /** @param known false while something is still to be listed: until then nothing was decided, it was only found */
  look({ deployments, autoscalers }: Pick<Caches, 'deployments' | 'autoscalers'>, known: boolean): void {
    const at = new Date().toISOString()
    const wanted = new Map<string, number>()
    for (const deployment of deployments) {
      const service = deployment.metadata?.name ?? ''
      const autoscaler = autoscalers.find(({ spec }) => spec?.scaleTargetRef.kind === 'Deployment' && spec.scaleTargetRef.name === service)
      const to = wantedOf(deployment, autoscaler)
      const from = this.#wanted.get(service)
      wanted.set(service, to)
      if (!known || from === undefined || from === to) continue
      const [cpu, target] = [cpuStatus(autoscaler), cpuTarget(autoscaler)]
      const figure = cpu === undefined || target === undefined ? '' : `CPU ${cpu} % of target ${target} %`
      this.#changes.push({ at, service, from, to, figure })
    }
    this.#wanted = wanted
    if (this.#changes.length > changesMax) this.#changes.splice(0, this.#changes.length - changesMax)
  }

  /** What was decided since the last call, with the autoscalers' own words, which are Events and may come later than the size. */
  take(services: readonly Pick<FleetService, 'name' | 'decisions'>[]): Decision[] {
    const changes = this.#changes
    this.#changes = []
    return changes.map(({ figure, ...change }) => {
      const words = services.find(({ name }) => name === change.service)?.decisions ?? []
      const said = words.findLast(({ to }) => to === change.to)?.reason.trim() || 'the number of replicas was changed'
      const reason = figure !== '' && cpuAlone.test(said) ? figure : [said, figure].filter(Boolean).join('; ')
      return { ...change, reason }
    })
  }
}
