import { performance } from 'node:perf_hooks'
import type { Registry as RegistryType } from 'prom-client'
import type { Exchange, Stage } from './exchange.ts'
import { Counter, Gauge, Registry } from './parts.ts'
import { observe, RequestHistogram, type Series } from './request-histogram.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Series of this route by method and status, filled by kit's metrics. */
    series?: SeriesByMethod
  }
}

declare module 'prom-client' {
  interface Registry<BoundRegistryContentType extends RegistryContentType = RegistryContentType> {
    /** All that the registry asks of a metric is that it renders itself. */
    registerMetric(metric: RequestHistogram): void
  }
}

type SeriesByMethod = Map<string, Map<number, Series>>

/** Counters that the request path touches as plain numbers; the registry reads them when scraped. */
export interface Traffic {
  arrivals: number
  shed: number
  shedBehind: number
  active: number
}

/** Everything one service measures about itself. One registry per instance: the default one is global and would mix them. */
export interface Metrics {
  registry: RegistryType
  traffic: Traffic
  requests: RequestHistogram
}

/** Makes the registry of one service with the process metrics of the contract (docs/service-contract.md). */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const traffic: Traffic = { arrivals: 0, shed: 0, shedBehind: 0, active: 0 }
  const requests = new RequestHistogram(
    'http_server_request_duration_seconds',
    'Duration of HTTP requests, shed ones excluded, here or behind.',
  )
  registry.registerMetric(requests)
  count(registry, 'http_server_requests_total', 'Requests that arrived, shed ones included.', () => traffic.arrivals)
  count(registry, 'http_server_requests_shed_total', 'Requests refused with 503 because of overload.', () => traffic.shed)
  const behind = 'Requests let in, and then answered 503 overloaded because what they need is: a pool, a queue, a service behind.'
  count(registry, 'http_server_requests_shed_behind_total', behind, () => traffic.shedBehind)
  gauge(registry, 'http_server_active_requests', 'Requests in flight.', () => traffic.active)
  gauge(registry, 'nodejs_eventloop_utilization', 'Share of time the event loop was busy since the last scrape.', intervalUtilization())
  count(registry, 'process_cpu_seconds_total', 'CPU time of the process, user and system.', () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  })
  gauge(registry, 'process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss())
  gauge(registry, 'process_start_time_seconds', 'Start of the process, Unix time.', () => performance.timeOrigin / 1000)
  gauge(registry, 'nodejs_heap_size_used_bytes', 'Used heap.', () => process.memoryUsage().heapUsed)
  return { registry, traffic, requests }
}

/** A gauge read when scraped. */
export function gauge(registry: RegistryType, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read())
    },
  })
}

/**
 * A gauge of several series that differ in one label, read when scraped; what `read` does not name any more is gone from the scrape.
 * @param label one whose values are few and nobody outside can choose
 */
export function gaugeBy(registry: RegistryType, name: string, help: string, label: string, read: () => Iterable<[string, number]>): void {
  new Gauge({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset()
      for (const [value, figure] of read()) this.set({ [label]: value }, figure)
    },
  })
}

/** A counter kept elsewhere as a number that only grows, read when scraped. */
export function count(registry: RegistryType, name: string, help: string, read: () => number): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset()
      this.inc(read())
    },
  })
}

/** Utilization between two calls, not since the start: the cumulative figure says 0.26 where the truth is 1.00. */
function intervalUtilization(): () => number {
  let last = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, last)
    last = now
    return utilization
  }
}

/**
 * Measures every request. Labels are the route's pattern and the status, never the URL, so that their number is constant.
 * Shed requests count as arrivals and as shed, here or behind, and stay out of the durations: whoever asked was told when to come back.
 */
export function measureRequests({ requests, traffic }: Metrics): Stage {
  const unrouted: SeriesByMethod = new Map()
  return {
    arrive() {
      traffic.arrivals++
      traffic.active++
      return undefined
    },
    leave(exchange, durationMs) {
      traffic.active--
      if (exchange.shed) traffic.shed++
      else if (exchange.shedBehind) traffic.shedBehind++
      else if (!exchange.route.config.stream) observe(seriesOf(requests, unrouted, exchange), durationMs / 1000)
    },
  }
}

function seriesOf(requests: RequestHistogram, unrouted: SeriesByMethod, { request, route: { config, url }, status }: Exchange): Series {
  const method = knownMethods.has(request.method) ? request.method : '_OTHER'
  if (url !== undefined) config.series ??= new Map()
  const byMethod = config.series ?? unrouted
  let byStatus = byMethod.get(method)
  if (byStatus === undefined) {
    byStatus = new Map()
    byMethod.set(method, byStatus)
  }
  let series = byStatus.get(status)
  if (series === undefined) {
    series = requests.series({ http_request_method: method, http_route: url ?? '', http_response_status_code: status })
    byStatus.set(status, series)
  }
  return series
}

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE', 'QUERY'])
