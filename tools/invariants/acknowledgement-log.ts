import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/** How one attempt to order ended for the buyer. */
export interface Acknowledgement {
  readonly key: string
  readonly eventId: string
  readonly tierId: string
  readonly quantity: number
  /** Only `ok` and `refused` tell what must be in the databases; after any other the order may or may not exist. */
  readonly outcome: string
  readonly status: number | null
  readonly orderId?: string
  readonly state?: string
}

/** The log cannot be read, or a line of it is no acknowledgement. */
export class LogError extends Error {
  override name = 'LogError'
}

const LINES_MAX = 5_000_000

/**
 * Reads the load generator's log from a file, or from standard input where the path is `-`. Lines of its standard output
 * (`{"ack": ...}` among samples and the summary) are understood too.
 * @throws {LogError} naming the line
 */
export async function readAcknowledgements(path: string): Promise<Acknowledgement[]> {
  const stream: Readable = path === '-' ? process.stdin : createReadStream(path)
  const acknowledgements: Acknowledgement[] = []
  let lines = 0
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      lines += 1
      if (lines > LINES_MAX) throw new LogError(`${path}: more than ${LINES_MAX} lines`)
      const acknowledgement = line === '' ? null : parseLine(line, `${path}:${lines}`)
      if (acknowledgement !== null) acknowledgements.push(acknowledgement)
    }
  } catch (error) {
    if (error instanceof LogError) throw error
    throw new LogError(`--acks ${path}: cannot be read (${error instanceof Error ? error.message : String(error)})`)
  }
  return acknowledgements
}

/** The acknowledgement of a line; null for a sample or the summary. */
function parseLine(line: string, place: string): Acknowledgement | null {
  const value = parseObject(line, place)
  if ('summary' in value || 't' in value) return null
  const { key, eventId, tierId, quantity, outcome, status, orderId, state } = ('ack' in value ? value.ack : value) as Record<
    string,
    unknown
  >
  const texts = [key, eventId, tierId, outcome].every((text) => typeof text === 'string')
  const whole = texts && typeof quantity === 'number' && (status === null || typeof status === 'number')
  if (!whole) throw new LogError(`${place}: no acknowledgement, it needs key, eventId, tierId, quantity, outcome and status`)
  // Compact: a log of a million lines is held in memory.
  const acknowledgement = { key, eventId, tierId, quantity, outcome, status } as Acknowledgement
  return typeof orderId === 'string' ? { ...acknowledgement, orderId, ...(typeof state === 'string' ? { state } : {}) } : acknowledgement
}

function parseObject(line: string, place: string): Record<string, unknown> {
  try {
    return asObject(JSON.parse(line))
  } catch {
    throw new LogError(`${place}: not JSON, the log was cut off or is another file`)
  }
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
