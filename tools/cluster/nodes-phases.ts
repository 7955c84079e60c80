import type { LoadSample } from '@headroom/report/sample'
import { ClusterError } from './errors.ts'
import { type Phase, phaseLine } from './nodes-figures.ts'

/** Sorts the load's seconds by what was done in them. */
export class Phases {
  readonly all: Phase[] = []
  readonly #note: (text: string) => void
  readonly #begun = Promise.withResolvers<void>()
  #current: Phase | undefined
  #ended = false

  constructor(note: (text: string) => void) {
    this.#note = note
  }

  offered(sample: LoadSample): void {
    this.#begun.resolve()
    this.#current?.samples.push(sample)
  }

  loadEnded(): void {
    this.#ended = true
  }

  /** Resolves with the first second of load; rejects when it ended without any. */
  async loadBegun(load: Promise<unknown>): Promise<void> {
    await Promise.race([this.#begun.promise, load])
  }

  /** @throws ClusterError when the load has ended, since then nothing is measured any more */
  async during(name: string, promise: Phase['promise'], act: () => Promise<unknown>): Promise<void> {
    const phase: Phase = { name, samples: [], promise }
    this.#note(name)
    this.#current = phase
    await act()
    this.#current = undefined
    this.all.push(phase)
    this.#note(phaseLine(phase))
    if (this.#ended) throw new ClusterError(`the load ended during "${name}"`)
  }
}
