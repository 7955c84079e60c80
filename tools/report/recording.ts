/**
 * The recording of a run: one JSON object a line, in docs/recording.md.
 *
 *   const recording = await RecordingWriter.open(join(out, 'recording.ndjson'), header)
 *   recording.sample(sample); recording.decision(decision); recording.end({ atS, load, invariants })
 *   await recording.close()
 */
import { type FileHandle, open } from 'node:fs/promises'
import {
  FILE_BYTES_MAX,
  FORMAT,
  LINE_BYTES_MAX,
  type PodChange,
  type ProbeAnswer,
  type RecordingEnd,
  type RecordingHeader,
  VERSION,
} from './recording-format.ts'
import { lineProblem } from './recording-lines.ts'
import type { Decision, Sample } from './sample.ts'

export type { PodChange, ProbeAnswer, Recording, RecordingEnd, RecordingHeader, ServiceHeader } from './recording-format.ts'
export { RecordingError, readRecording } from './recording-reader.ts'

/** Lines that wait for a slow disk, in bytes; at more the recording ends, and the run goes on. */
const PENDING_BYTES_MAX = 8 * 1024 * 1024

/**
 * Writes a recording line by line, each handed to the system as soon as the one before is written, so that a crash costs
 * the last line at most. Never throws while the run goes on: the first failure ends the recording, and `close` tells it.
 */
export class RecordingWriter {
  readonly #file: FileHandle
  readonly #header: RecordingHeader
  readonly #known = new Map<string, Map<string, PodChange['state']>>()
  #pending: string[] = []
  #pendingBytes = 0
  #bytes = 0
  #written: Promise<void> = Promise.resolve()
  #writing = false
  #failure: Error | undefined

  private constructor(file: FileHandle, header: RecordingHeader) {
    this.#file = file
    this.#header = header
  }

  /**
   * Begins a recording, in place of what the file held.
   * @throws Error when the header breaks the format or the file cannot be written; then the file is as it was
   */
  static async open(path: string, header: RecordingHeader): Promise<RecordingWriter> {
    const line = { type: 'header', format: FORMAT, version: VERSION, ...header }
    const problem = lineProblem(line, undefined)
    if (problem !== undefined) throw new Error(`the header of ${path}: ${problem}`)
    const writer = new RecordingWriter(await open(path, 'w'), header)
    writer.#add(line)
    return writer
  }

  /** One second of the run. Where its services tell their pods, the changes since the last sample are written before it. */
  sample(sample: Sample): void {
    for (const change of this.#changes(sample)) this.pod(change)
    this.#write({ type: 'sample', ...sample })
  }

  /** One change of size. */
  decision(decision: Decision): void {
    this.#write({ type: 'decision', ...decision })
  }

  /** A change of a pod that is known better than from samples, which then do not repeat it. */
  pod(change: PodChange): void {
    const { service, pod, state } = change
    const known = this.#known.get(service) ?? new Map<string, PodChange['state']>()
    this.#known.set(service, known)
    if (state === 'gone') known.delete(pod)
    else known.set(pod, state)
    this.#write({ type: 'pod', ...change })
  }

  /** An answer of a probe that differs from the one before. */
  probe(answer: ProbeAnswer): void {
    this.#write({ type: 'probe', ...answer })
  }

  /** The last line of a run that came to its end. */
  end(end: RecordingEnd): void {
    this.#write({ type: 'end', ...end })
  }

  /** Waits until everything is on the disk. @throws the first failure since the beginning, when there was one */
  async close(): Promise<void> {
    try {
      await this.#written
      if (this.#failure === undefined) await this.#file.sync()
    } finally {
      await this.#file.close()
    }
    if (this.#failure !== undefined) throw new Error(`the recording is not complete: ${this.#failure.message}`, { cause: this.#failure })
  }

  /** A service that tells no pods in this sample says nothing of them; it does not say that they are gone. */
  #changes({ atS, services }: Sample): PodChange[] {
    return Object.entries(services).flatMap(([service, { pods }]) => {
      if (pods === undefined) return []
      const known = this.#known.get(service) ?? new Map<string, PodChange['state']>()
      const now = new Set(pods.map(({ name }) => name))
      const changed = pods.filter(({ name, state }) => known.get(name) !== state)
      const gone = [...known.keys()].filter((name) => !now.has(name))
      return [
        ...changed.map(({ name, state }) => ({ atS, service, pod: name, state })),
        ...gone.map((pod) => ({ atS, service, pod, state: 'gone' as const })),
      ]
    })
  }

  /** A line that could not be read again would spoil those before it, so it ends the recording instead. */
  #write(value: object): void {
    const problem = lineProblem(JSON.parse(JSON.stringify(value)), this.#header)
    if (problem !== undefined) this.#failure ??= new Error(`${problem}, in ${JSON.stringify(value).slice(0, 200)}`)
    this.#add(value)
  }

  #add(value: object): void {
    if (this.#failure !== undefined) return
    const line = `${JSON.stringify(value)}\n`
    const bytes = Buffer.byteLength(line)
    this.#bytes += bytes
    this.#pendingBytes += bytes
    if (bytes > LINE_BYTES_MAX) this.#failure = new Error(`a line of ${bytes} bytes, at most ${LINE_BYTES_MAX}`)
    else if (this.#bytes > FILE_BYTES_MAX) this.#failure = new Error(`more than ${FILE_BYTES_MAX} bytes`)
    else if (this.#pendingBytes > PENDING_BYTES_MAX) this.#failure = new Error('the disk is too slow for it')
    if (this.#failure !== undefined) return
    this.#pending.push(line)
    if (!this.#writing) this.#written = this.#drain()
  }

  async #drain(): Promise<void> {
    this.#writing = true
    try {
      while (this.#pending.length > 0) {
        const text = this.#pending.join('')
        this.#pending = []
        this.#pendingBytes = 0
        await this.#file.appendFile(text)
      }
    } catch (error) {
      this.#failure ??= error as Error
    } finally {
      this.#writing = false
    }
  }
}
