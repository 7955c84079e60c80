/** One line of a log that belongs to the trace. */
export interface Line {
  /** As it was logged. */
  text: string
  /** Milliseconds of Unix time. */
  atMs: number
  fields: Readonly<Record<string, unknown>>
}

/** Longest value that a readable line shows of a field; `--json` has it all. */
const valueMax = 200

/**
 * Reads one line of a log; what is put before the JSON, such as kubectl's prefix of the pod, is left out.
 * @returns undefined for what is no structured line of this trace
 */
export function parseLine(text: string, trace: string): Line | undefined {
  // Most lines belong to others: looking for the id costs much less than reading them.
  if (!text.includes(trace)) return undefined
  const start = text.indexOf('{')
  if (start < 0) return undefined
  try {
    const fields = JSON.parse(text.slice(start)) as Record<string, unknown>
    if (fields.trace_id !== trace) return undefined
    const atMs = typeof fields.time === 'number' ? fields.time : Date.parse(String(fields.time))
    return { text: text.slice(start), atMs: Number.isNaN(atMs) ? 0 : atMs, fields }
  } catch {
    return undefined
  }
}

/** The line for people: time, service, pod, level, and what was said. */
export function readable({ atMs, fields }: Line): string {
  const { service, pod, level, msg, time: _time, trace_id: _trace, method, route, status, durationMs, err, ...rest } = fields
  const request = method === undefined ? [] : [method, route, status, durationMs === undefined ? undefined : `${durationMs} ms`]
  const message = (err as { message?: unknown } | undefined)?.message
  const said = [
    msg,
    ...request,
    ...Object.entries(rest).map(([name, value]) => `${name}=${shown(value)}`),
    message === undefined || message === msg ? undefined : `err=${shown(message)}`,
  ]
  const words = said.filter((word) => word !== undefined && word !== '').map(String)
  const time = new Date(atMs).toISOString().slice(11, 23)
  return printable([time, String(service ?? '?').padEnd(9), String(pod ?? '?'), String(level ?? '?').padEnd(5), ...words].join(' '))
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return text.length > valueMax ? `${text.slice(0, valueMax)}...` : text
}

/** Logs hold what clients sent: no line break or terminal sequence of theirs reaches the terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
}
