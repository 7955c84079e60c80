/** What a panel shows: its queries by their legends. */
interface Panel {
  title: string
  unit: string
  queries: Record<string, string>
}

const selected = 'namespace="$namespace", service=~"headroom-.+"'
const atGateway = 'namespace="$namespace", service="headroom-gateway"'

/** Per second over as much as Grafana thinks right for the zoom. */
const rate = (metric: string, matchers = selected) => `rate(${metric}{${matchers}}[$__rate_interval])`
const sum = (inner: string, by?: string) => `sum${by ? ` by (${by})` : ''} (${inner})`
const duration = 'http_server_request_duration_seconds'
const failed = (matchers: string) => rate(`${duration}_count`, `${matchers}, http_response_status_code=~"5.."`)
const quantile = (q: number, matchers: string, by = 'le') => `histogram_quantile(${q}, ${sum(rate(`${duration}_bucket`, matchers), by)})`
/** A status that never occurred has no series: without the second part the panel would be empty where it should show zero. */
const orZero = (query: string, like: string) => `${query} or 0 * ${like}`
const byService = (metric: string, how = 'sum') => `${how} by (service) (${metric}{${selected}})`
const byDeployment = (metric: string) => `max by (deployment) (${metric}{namespace="$namespace"})`

const answered = sum(rate(`${duration}_count`, atGateway))

/** The rows of the dashboard: the whole as its users meet it, then each service, then how it scales, then the work behind the answers. */
export const rows: Record<string, Panel[]> = {
  'The whole, at the gateway': [
    {
      title: 'Offered, shed, limited',
      unit: 'reqps',
      queries: {
        offered: sum(rate('http_server_requests_total', atGateway)),
        shed: sum(rate('http_server_requests_shed_total', atGateway)),
        'shed behind': sum(rate('http_server_requests_shed_behind_total', atGateway)),
        limited: sum(rate('gateway_rate_limited_total', atGateway)),
        degraded: sum(rate('gateway_degraded_answers_total', atGateway)),
      },
    },
    {
      title: 'Share of failures',
      unit: 'percentunit',
      queries: { failures: `(${orZero(sum(failed(atGateway)), answered)}) / ${answered}` },
    },
    {
      title: 'Latency',
      unit: 's',
      queries: { p50: quantile(0.5, atGateway), p95: quantile(0.95, atGateway), p99: quantile(0.99, atGateway) },
    },
  ],
  'Each service': [
    { title: 'Requests', unit: 'reqps', queries: { '{{service}}': sum(rate('http_server_requests_total'), 'service') } },
    {
      title: 'Failures',
      unit: 'reqps',
      queries: { '{{service}}': orZero(sum(failed(selected), 'service'), sum(rate('http_server_requests_total'), 'service')) },
    },
    { title: 'p99', unit: 's', queries: { '{{service}}': quantile(0.99, selected, 'service, le') } },
    { title: 'Shed', unit: 'reqps', queries: { '{{service}}': sum(rate('http_server_requests_shed_total'), 'service') } },
    {
      title: 'Event loop utilization, the busiest pod',
      unit: 'percentunit',
      queries: { '{{service}}': byService('nodejs_eventloop_utilization', 'max') },
    },
    {
      title: 'In flight of the limit',
      unit: 'percentunit',
      queries: { '{{service}}': `${byService('http_server_active_requests')} / ${byService('http_server_concurrency_limit')}` },
    },
    {
      title: 'Waiting for a turn of the event loop',
      unit: 'short',
      queries: { '{{service}}': byService('http_server_queued_requests') },
    },
    {
      title: 'Pool in use',
      unit: 'percentunit',
      queries: {
        '{{service}}': `(${byService('db_client_connections')} - ${byService('db_client_connections_idle')}) / ${byService('db_client_connections_max')}`,
      },
    },
    { title: 'Waiting for a connection', unit: 'short', queries: { '{{service}}': byService('db_client_connections_pending') } },
    {
      title: 'Failed calls',
      unit: 'reqps',
      queries: {
        '{{service}} to {{peer}}': sum(rate('http_client_requests_total', `${selected}, outcome="failed"`), 'service, peer'),
      },
    },
    { title: 'CPU, cores', unit: 'short', queries: { '{{service}}': sum(rate('process_cpu_seconds_total'), 'service') } },
    { title: 'Memory, the largest pod', unit: 'bytes', queries: { '{{service}}': byService('process_resident_memory_bytes', 'max') } },
  ],
  Scaling: [
    { title: 'Pods that answer', unit: 'short', queries: { '{{service}}': byService('up') } },
    { title: 'Wanted', unit: 'short', queries: { '{{deployment}}': byDeployment('kubernetes_autoscaler_desired_replicas') } },
    { title: 'There', unit: 'short', queries: { '{{deployment}}': byDeployment('kubernetes_autoscaler_current_replicas') } },
    {
      title: 'Wanted of the maximum',
      unit: 'percentunit',
      queries: {
        '{{deployment}}': `${byDeployment('kubernetes_autoscaler_desired_replicas')} / ${byDeployment('kubernetes_autoscaler_max_replicas')}`,
      },
    },
    { title: 'Held back by the maximum', unit: 'short', queries: { '{{deployment}}': byDeployment('kubernetes_autoscaler_limited') } },
    {
      title: 'Age of what observer shows',
      unit: 's',
      queries: { observer: 'max (kubernetes_cache_staleness_seconds{namespace="$namespace"})' },
    },
  ],
  'Orders behind the answers': [
    {
      title: 'Orders finished',
      unit: 'ops',
      queries: {
        confirmed: sum(rate('orders_confirmed_total')),
        cancelled: sum(rate('orders_cancelled_total')),
        'by recovery': sum(rate('orders_recovered_total')),
      },
    },
    {
      title: 'Oldest of what is not done',
      unit: 's',
      queries: {
        'unfinished order': `max (orders_oldest_unfinished_seconds{${selected}})`,
        'undelivered event': `max (outbox_oldest_undelivered_seconds{${selected}})`,
      },
    },
    {
      title: 'Outbox',
      unit: 'ops',
      queries: { delivered: sum(rate('outbox_events_published_total')), 'failed deliveries': sum(rate('outbox_failures_total')) },
    },
    {
      title: 'Requests that share a statement, on average',
      unit: 'short',
      queries: {
        '{{operation}}': `${sum(rate('inventory_batch_size_sum'), 'operation')} / ${sum(rate('inventory_batch_size_count'), 'operation')}`,
      },
    },
    { title: 'Tickets held', unit: 'short', queries: { tickets: `max (inventory_tickets_held{${selected}})` } },
    { title: 'Holds expired', unit: 'ops', queries: { expired: sum(rate('inventory_holds_expired_total')) } },
  ],
}
