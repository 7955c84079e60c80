/** Upper bounds in seconds: OpenTelemetry's advice for http.server.request.duration (https://opentelemetry.io/docs/specs/semconv/http/http-metrics/). */
export const durationBucketsS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** One series: counts per bucket, plus what Prometheus calls _sum and _count. */
export interface Series {
  labels: Record<string, string | number>
  buckets: Float64Array
  sumS: number
  count: number
}

/**
 * A histogram whose series are resolved once and then cost an index and three additions per observation;
 * the registry's own validates and hashes the labels of every observation.
 * It renders itself for a prom-client registry (`registry.registerMetric`).
 */
export class RequestHistogram {
  readonly type = 'histogram'
  readonly aggregator = 'sum'
  readonly name: string
  readonly help: string
  readonly #series: Series[] = []

  constructor(name: string, help: string) {
    this.name = name
    this.help = help
  }

  series(labels: Series['labels']): Series {
    const series = { labels, buckets: new Float64Array(durationBucketsS.length + 1), sumS: 0, count: 0 }
    this.#series.push(series)
    return series
  }

  reset(): void {
    for (const series of this.#series) {
      series.buckets.fill(0)
      series.sumS = 0
      series.count = 0
    }
  }

  async getForPromString() {
    return {
      name: this.name,
      help: this.help,
      type: this.type,
      aggregator: this.aggregator,
      values: this.#series.flatMap((s) => this.#render(s)),
    }
  }

  async get() {
    return this.getForPromString()
  }

  #render({ labels, buckets, sumS, count }: Series) {
    let seen = 0
    const rows = durationBucketsS.map((le, index) => {
      seen += buckets[index] ?? 0
      return { labels: { ...labels, le }, value: seen, metricName: `${this.name}_bucket` }
    })
    return [
      ...rows,
      { labels: { ...labels, le: '+Inf' }, value: count, metricName: `${this.name}_bucket` },
      { labels, value: sumS, metricName: `${this.name}_sum` },
      { labels, value: count, metricName: `${this.name}_count` },
    ]
  }
}

/** Adds one duration, in seconds. */
export function observe(series: Series, durationS: number): void {
  let index = 0
  while (index < durationBucketsS.length && durationS > (durationBucketsS[index] as number)) index++
  series.buckets[index] = (series.buckets[index] as number) + 1
  series.sumS += durationS
  series.count++
}
