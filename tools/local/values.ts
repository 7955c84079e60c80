import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'

/** The part of a service's chart values that the local engine applies. */
export interface ServiceValues {
  /** Alias in the on-sale's chart: `orders`. */
  service: string
  env: Record<string, string>
  resources: { requests: { cpu: string }; limits: { cpu: string } }
  autoscaling: { enabled: boolean; minReplicas: number; maxReplicas: number; targetCPUUtilizationPercentage: number; behavior?: object }
  replicas: number
  /** Who it calls, by the variable that gets the URL. */
  peers: { calls: Record<string, { service: string; port: number }> }
  database: { enabled: boolean }
  /** With a token it may ask the Kubernetes API. */
  serviceAccount: { token: boolean }
  migration: { enabled: boolean; args: string[]; env: Record<string, string> }
  name: string
}

type Tree = { [key: string]: unknown }

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Helm's merge: maps by key, everything else replaced; null removes. */
export function mergeValues(base: Tree, over: Tree): Tree {
  const merged: Tree = { ...base }
  for (const [key, value] of Object.entries(over)) {
    if (value === null) delete merged[key]
    else merged[key] = isTree(value) && isTree(merged[key]) ? mergeValues(merged[key], value) : value
  }
  return merged
}

/**
 * Reads the values that Helm would give each service of the on-sale, so that the local engine scales by the same numbers.
 * @param charts the folder charts/
 * @param profile `kind` reads charts/headroom/values-kind.yaml over the defaults
 */
export async function readValues(charts: URL, profile: string): Promise<ServiceValues[]> {
  const read = async (path: string): Promise<Tree> => (parse(await readFile(new URL(path, charts), 'utf8')) ?? {}) as Tree
  const [chart, defaults, onSale, over] = await Promise.all([
    read('headroom/Chart.yaml'),
    read('service/values.yaml'),
    read('headroom/values.yaml'),
    read(`headroom/values-${profile}.yaml`),
  ])
  const dependencies = (chart.dependencies ?? []) as { name: string; alias?: string }[]
  const all = mergeValues(onSale, over)
  return dependencies.flatMap(({ name, alias = name }) => {
    const block = mergeValues(defaults, isTree(all[alias]) ? all[alias] : {})
    return block.enabled === false ? [] : [{ ...block, service: alias } as unknown as ServiceValues]
  })
}
