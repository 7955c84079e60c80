import { createService } from '@headroom/kit/service'
import { code, page, table } from './markdown.ts'
import { loadService, placeholderEnv, serviceNames } from './services.ts'

/** One metric of one scrape. */
export interface Metric {
  name: string
  type: string
  help: string
  labels: string[]
}

/** Reads the text exposition format (https://prometheus.io/docs/instrumenting/exposition_formats/). */
export function parseMetrics(text: string): Metric[] {
  const metrics = new Map<string, Metric>()
  for (const line of text.split('\n')) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (keyword === 'HELP') metrics.set(name, { name, type: '', help: rest, labels: [] })
    const described = metrics.get(name)
    if (keyword === 'TYPE' && described) described.type = rest
    const [, series = '', labels = ''] = /^(\w+)\{(.*)\} /.exec(line) ?? []
    const metric = metrics.get(series.replace(/_(bucket|sum|count)$/, '')) ?? metrics.get(series)
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g))
      if (metric && label !== 'le' && !metric.labels.includes(label)) metric.labels.push(label)
  }
  return [...metrics.values()]
}

/** Spans are exported, so that their metrics are there, but none is made. */
const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_TRACES_SAMPLER_ARG: '0' }

/** What a service offers on /metrics after one request. */
export async function metricsOf(name: string): Promise<Metric[]> {
  const definition = await loadService(name)
  const service = await createService(definition, { ...placeholderEnv(definition), ...tracing })
  try {
    await service.server.ready()
    await service.server.inject('/no/such/route')
    const metrics = parseMetrics((await service.ops.inject('/metrics')).body)
    const declared = service.server.kit.metrics.registry.getMetricsAsArray() as { name: string; labelNames?: string[] }[]
    return metrics.map((metric) => withDeclared(metric, declared.find(({ name }) => name === metric.name)?.labelNames))
  } finally {
    await service.close()
  }
}

/** A metric without series yet shows no labels in a scrape. */
function withDeclared(metric: Metric, labels: readonly string[] = []): Metric {
  return { ...metric, labels: [...new Set([...metric.labels, ...labels])] }
}

/** docs/metrics.md */
export async function metricsPage(): Promise<string> {
  const names = serviceNames()
  const listed = new Map<string, Metric & { services: string[] }>()
  for (const service of names)
    for (const metric of await metricsOf(service)) {
      const known = listed.get(metric.name) ?? { ...metric, services: [] }
      if (known.type !== metric.type || known.help !== metric.help)
        throw new Error(`${metric.name} is a ${metric.type} "${metric.help}" in ${service}, but not so in ${known.services.join(', ')}`)
      listed.set(metric.name, { ...known, services: [...known.services, service] })
    }
  const rows = [...listed.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, type, help, labels, services }) => [
      code(name),
      type,
      labels.map(code).join(' '),
      help,
      services.length === names.length ? 'every service' : services.join(', '),
    ])
  return page(
    'Metrics',
    '`GET /metrics` on `OPS_PORT`, in the [Prometheus text format](https://prometheus.io/docs/instrumenting/exposition_formats/). Names and units follow the [OpenTelemetry HTTP conventions](https://opentelemetry.io/docs/specs/semconv/http/http-metrics/) where they have one. Labels are route patterns, methods, statuses and names of peers and Deployments, never what a client can choose.',
    table(['metric', 'type', 'labels', 'meaning', 'offered by'], rows),
  )
}
