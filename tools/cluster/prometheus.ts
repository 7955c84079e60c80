import { type Rates, serviceOf } from './fleet.ts'
import type { KubeReader } from './kube-api.ts'

/** The Prometheus of k8s/prometheus.yaml, through the API server: no port-forward to keep alive. */
const base = '/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1'
/** Four scrapes, so that a missed one leaves a rate. */
const window = '20s'

interface Vector {
  data: { result: { metric: Record<string, string>; value: [number, string] }[] }
}

interface Targets {
  data: { activeTargets: { labels: Record<string, string>; health: string; lastError: string }[] }
}

export type ScrapeTarget = Targets['data']['activeTargets'][number]

/** Rates by service over the last scrapes; undefined where there is no Prometheus. */
export async function readRates(api: KubeReader, services: string[]): Promise<Map<string, Rates> | undefined> {
  const of = `{namespace="${api.namespace}"}`
  const rate = (metric: string, by: string) => `sum by (${by}) (rate(${metric}[${window}]))`
  const [requests, shed, failed, p99] = await Promise.all([
    query(api, rate(`http_server_requests_total${of}`, 'service')),
    query(
      api,
      `${rate(`http_server_requests_shed_total${of}`, 'service')} + ${rate(`http_server_requests_shed_behind_total${of}`, 'service')}`,
    ),
    query(
      api,
      rate(`http_server_request_duration_seconds_count{namespace="${api.namespace}",http_response_status_code=~"5.."}`, 'service'),
    ),
    query(api, `1000 * histogram_quantile(0.99, ${rate(`http_server_request_duration_seconds_bucket${of}`, 'service, le')})`),
  ])
  if (!requests || !shed || !failed || !p99) return undefined
  return new Map(
    services.map((service) => {
      const at = (vector: Vector) => numberFor(vector, service, services)
      return [service, { requestsPerS: at(requests) ?? 0, shedPerS: at(shed) ?? 0, failedPerS: at(failed) ?? 0, p99Ms: at(p99) ?? null }]
    }),
  )
}

/** Requests per second of each pod over the last scrapes; undefined where there is no Prometheus. */
export async function readPodRates(api: KubeReader): Promise<Map<string, number> | undefined> {
  const found = await query(api, `sum by (pod) (rate(http_server_requests_total{namespace="${api.namespace}"}[${window}]))`)
  const rates = found?.data.result.map(({ metric, value: [, perS] }) => [metric.pod ?? '', Number(perS)] as const)
  return rates && new Map(rates.filter(([, perS]) => Number.isFinite(perS)))
}

/** What Prometheus scrapes in the namespace; undefined where there is none. */
export async function readTargets(api: KubeReader): Promise<ScrapeTarget[] | undefined> {
  const targets = await api.find<Targets>(`${base}/targets?state=active`)
  return targets?.data.activeTargets.filter(({ labels }) => labels.namespace === api.namespace)
}

/** Whether Prometheus could evaluate a rule the last time. */
export interface RuleHealth {
  name: string
  health: 'ok' | 'err' | 'unknown'
  lastError?: string
}

/** The rules that Prometheus has loaded; undefined where there is none. */
export async function readRules(api: KubeReader): Promise<RuleHealth[] | undefined> {
  const rules = await api.find<{ data: { groups: { rules: RuleHealth[] }[] } }>(`${base}/rules`)
  return rules?.data.groups.flatMap((group) => group.rules)
}

/** What Prometheus answers to an instant query; undefined where there is none. */
export async function readQuery(api: KubeReader, promql: string): Promise<Vector['data']['result'] | undefined> {
  return (await query(api, promql))?.data.result
}

async function query(api: KubeReader, promql: string): Promise<Vector | undefined> {
  return await api.find<Vector>(`${base}/query?query=${encodeURIComponent(promql)}`)
}

function numberFor({ data }: Vector, service: string, services: string[]): number | undefined {
  const found = data.result.find(({ metric }) => serviceOf(metric.service ?? '', services) === service)
  const value = Number(found?.value[1] ?? Number.NaN)
  return Number.isFinite(value) ? value : undefined
}
