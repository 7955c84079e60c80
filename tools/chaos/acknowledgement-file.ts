import { writeFileSync } from 'node:fs'
import type { Acknowledgement } from '@headroom/load/results'

/** The client's own log of what it was told, as the invariants checker reads it. */
export class AcknowledgementFile {
  readonly all: Acknowledgement[] = []
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  add(ack: Acknowledgement): void {
    this.all.push(ack)
  }

  flush(): void {
    writeFileSync(this.#path, this.all.map((ack) => `${JSON.stringify(ack)}\n`).join(''))
  }
}
