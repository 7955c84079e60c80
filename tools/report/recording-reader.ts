import { readFileSync, statSync } from 'node:fs'
import { clockAheadS, onOneClock } from './clocks.ts'
import { FILE_BYTES_MAX, type Recording, type RecordingHeader, type RecordingLine } from './recording-format.ts'
import { lineProblem } from './recording-lines.ts'

/** A recording that cannot be used; the message says which line and what to do. */
export class RecordingError extends Error {
  override name = 'RecordingError'
}

/**
 * Reads a recording whole. A last line that a crash cut off is left out with a warning; anything else that breaks the format
 * is refused, since a report on half a recording would look like one on all of it.
 * @throws RecordingError for a file that is missing, empty, foreign, of a later version or broken, naming the line
 */
export function readRecording(path: string): Recording {
  const text = contentOf(path)
  const rows = text.split('\n')
  const cutOff = rows.pop() !== '' ? rows.length : undefined
  if (cutOff !== undefined) rows.push(text.slice(text.lastIndexOf('\n') + 1))
  const first = parsed(rows[0] ?? '')
  const problem = first === undefined ? 'it is not JSON' : lineProblem(first, undefined)
  if (problem !== undefined) throw refused(path, 1, problem, 'name the recording.ndjson of a run')
  const { engine, startedAt, speed, versions, services } = first as RecordingHeader
  const recording: Recording = {
    header: { engine, startedAt, speed, versions, services },
    samples: [],
    decisions: [],
    pods: [],
    probes: [],
    end: undefined,
    warnings: [],
  }
  for (const [index, row] of rows.entries()) {
    if (index === 0) continue
    const value = parsed(row)
    if (value === undefined && index === cutOff) recording.warnings.push(`line ${index + 1} is cut off, as by a crash, and is left out`)
    else add(recording, value, index + 1, path)
  }
  if (recording.samples.length === 0) throw refused(path, rows.length, 'the recording ends before its first sample', 'record the run again')
  if (recording.end === undefined)
    recording.warnings.push('the recording has no end: the run was cut off, and its orders and invariants are not known')
  mergeClocks(recording)
  for (const list of [recording.decisions, recording.pods, recording.probes]) list.sort((a, b) => a.atS - b.atS)
  return recording
}

/** Locally both clocks are one; in a cluster the load's is that of its node. */
function mergeClocks(recording: Recording): void {
  const aheadS = recording.header.engine === 'local' ? 0 : clockAheadS(recording.samples)
  if (aheadS === 0) return
  recording.samples = onOneClock(recording.samples, aheadS)
  const apart = `${Math.abs(aheadS).toFixed(1)} s ${aheadS > 0 ? 'ahead of' : 'behind'}`
  recording.warnings.push(`the load generator's clock was ${apart} the recording's: its seconds are dated by the promptest of them`)
}

function contentOf(path: string): string {
  try {
    const { size } = statSync(path)
    if (size === 0) throw new RecordingError(`${path} is empty: record the run again`)
    if (size > FILE_BYTES_MAX)
      throw new RecordingError(`${path} has ${size} bytes, at most ${FILE_BYTES_MAX} are read: record a shorter run`)
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof RecordingError) throw error
    throw new RecordingError(
      `${path} cannot be read (${(error as NodeJS.ErrnoException).code}): name the folder of a run that was recorded`,
    )
  }
}

function parsed(row: string): unknown {
  try {
    return JSON.parse(row)
  } catch {
    return undefined
  }
}

function add(recording: Recording, value: unknown, line: number, path: string): void {
  const advice = `remove line ${line} if the rest can be trusted, or record the run again`
  if (value === undefined) throw refused(path, line, 'it is not JSON', advice)
  const problem = lineProblem(value, recording.header)
  if (problem !== undefined) throw refused(path, line, problem, advice)
  if (recording.end !== undefined) throw refused(path, line, 'it comes after the end', advice)
  // Checked just now.
  const entry = value as RecordingLine
  const before = recording.samples.at(-1)?.atS ?? 0
  if (entry.type === 'sample' && entry.atS < before)
    throw refused(path, line, `its atS ${entry.atS} is before the ${before} of the last sample`, advice)
  put(recording, entry)
}

function put(recording: Recording, entry: RecordingLine): void {
  if (entry.type === 'end') recording.end = contentOfLine(entry)
  else if (entry.type === 'sample') recording.samples.push(contentOfLine(entry))
  else if (entry.type === 'decision') recording.decisions.push(contentOfLine(entry))
  else if (entry.type === 'pod') recording.pods.push(contentOfLine(entry))
  else recording.probes.push(contentOfLine(entry))
}

function contentOfLine<Line extends RecordingLine>({ type: _, ...content }: Line): Omit<Line, 'type'> {
  return content
}

function refused(path: string, line: number, problem: string, advice: string): RecordingError {
  return new RecordingError(`${path}, line ${line}: ${problem}; ${advice}`)
}
