/** One series of a scrape. */
export interface SeriesValue {
  name: string
  labels: Record<string, string>
  value: number
}

const line = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g

/** Reads the text exposition format (https://prometheus.io/docs/instrumenting/exposition_formats/); comments are skipped, escapes in labels kept as written. */
export function parseMetrics(text: string): SeriesValue[] {
  return text.split('\n').flatMap((row) => {
    const match = row.startsWith('#') ? null : line.exec(row)
    if (!match) return []
    const labels = Object.fromEntries([...(match[2] ?? '').matchAll(label)].map(([, key, value]) => [key, value]))
    return [{ name: match[1] as string, labels, value: Number(match[3]?.replace('Inf', 'Infinity')) }]
  })
}
