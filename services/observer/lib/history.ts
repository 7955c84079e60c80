import type { Decision } from './decisions.ts'
import type { FleetSample } from './samples.ts'

const decisionsMax = 200

/** The last samples and decisions, so that a page that is opened late shows what came before. */
export class History {
  readonly samples: FleetSample[] = []
  readonly decisions: Decision[] = []
  readonly #max: number

  /** @param max samples that are kept */
  constructor(max: number) {
    this.#max = max
  }

  add(sample: FleetSample, decisions: Decision[]): void {
    this.samples.push(sample)
    this.decisions.push(...decisions)
    if (this.samples.length > this.#max) this.samples.shift()
    if (this.decisions.length > decisionsMax) this.decisions.splice(0, this.decisions.length - decisionsMax)
  }

  get last(): FleetSample | undefined {
    return this.samples.at(-1)
  }

  /** Without the pods: those of earlier moments are of no use, and most of the bytes. */
  shown(): { samples: FleetSample[]; decisions: Decision[] } {
    const slim = (sample: FleetSample): FleetSample => ({
      ...sample,
      services: Object.fromEntries(Object.entries(sample.services).map(([name, service]) => [name, { ...service, pods: [] }])),
      edges: [],
    })
    return { samples: this.samples.map((sample) => (sample === this.last ? sample : slim(sample))), decisions: this.decisions }
  }
}
