/** Words of PromQL that stand where a metric could. */
const keywords = new Set(['and', 'or', 'unless', 'bool', 'offset', 'start', 'end', 'inf', 'nan'])
const grouping = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g

/** Names of the metrics that a query reads. What is no PromQL is told by promtool; this only has to find every name in what is. */
export function metricsIn(query: string): string[] {
  const bare = query
    .replace(/#.*$/gm, '')
    .replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '')
    .replace(/\{[^}]*\}/g, ' ')
    .replace(/\[[^\]]*\]/g, ' ')
    .replace(grouping, ' ')
  const words = bare.match(/(?<![\w.:$])[a-zA-Z_:][\w:]*(?!\w)(?!\s*\()/g) ?? []
  return [...new Set(words.filter((word) => !keywords.has(word.toLowerCase())))]
}

/** Metrics of docs/metrics.md, with what Prometheus makes of a histogram, and `up`, which it adds itself. */
export function documentedMetrics(page: string): Set<string> {
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\w+) /gm)]
  return new Set([
    'up',
    ...rows.flatMap(([, name = '', type]) => (type === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name])),
  ])
}

/** A panel of a Grafana dashboard, as far as its queries go. */
interface Panel {
  title: string
  targets?: { expr: string }[]
}

/** A query of a dashboard, ready for Prometheus. */
export interface DashboardQuery {
  panel: string
  query: string
}

/** Every query of a dashboard with Grafana's variables filled in, as Grafana would before it asks. */
export function dashboardQueries(dashboard: string, namespace: string): DashboardQuery[] {
  const { panels } = JSON.parse(dashboard) as { panels: Panel[] }
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ panel: title, query: expr.replaceAll('$namespace', namespace).replaceAll('$__rate_interval', '1m') })),
  )
}
