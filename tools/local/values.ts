import { readFile } from 'node:fs/promises'
import type { HpaSpec } from '@headroom/hpa/spec'
import { parse } from 'yaml'
import { valueProblems } from './value-problems.ts'

/** The part of a service's chart values that the local engine applies. */
export interface ServiceValues {
  /** Alias in the on-sale's chart: `orders`. */
  service: string
  /** Of its Kubernetes objects: `headroom-orders`. */
  name: string
  env: Record<string, string>
  resources: { requests: { cpu: string }; limits: { cpu: string } }
  autoscaling: {
    enabled: boolean
    minReplicas: number
    maxReplicas: number
    targetCPUUtilizationPercentage: number
    behavior?: HpaSpec['behavior']
  }
  replicas: number
  terminationGracePeriodSeconds: number
  /** Who it calls, by the variable that gets the URL. */
  peers: { calls: Record<string, { service: string; port: number }> }
  database: { enabled: boolean }
  /** With a token it may ask the Kubernetes API. */
  serviceAccount: { token: boolean }
  migration: { enabled: boolean; args: string[]; env: Record<string, string> }
}

type Tree = { [key: string]: unknown }

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Helm's merge: maps by key, everything else replaced. A null stays until all is merged, since it also removes what a chart further down says. */
export function mergeValues(base: Tree, over: Tree): Tree {
  const merged: Tree = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key]
    merged[key] = isTree(value) && isTree(below) ? mergeValues(below, value) : value
  }
  return merged
}

/** What is left when every null has removed its key. */
export function withoutNulls(values: Tree): Tree {
  const kept = Object.entries(values).filter(([, value]) => value !== null)
  return Object.fromEntries(kept.map(([key, value]) => [key, isTree(value) ? withoutNulls(value) : value]))
}

/**
 * Reads the values that Helm would give each service of the on-sale, so that the local engine scales by the same numbers.
 * @param charts the folder charts/
 * @param profile `kind` reads charts/headroom/values-kind.yaml over the defaults
 * @throws Error naming every value that cannot be used, by its path
 */
export async function readValues(charts: URL, profile: string): Promise<ServiceValues[]> {
  const [chart, defaults, onSale, over] = await Promise.all(
    ['headroom/Chart.yaml', 'service/values.yaml', 'headroom/values.yaml', `headroom/values-${profile}.yaml`].map((path) =>
      readTree(charts, path),
    ),
  )
  const dependencies = (chart?.dependencies ?? []) as { name: string; alias?: string }[]
  const all = mergeValues(onSale ?? {}, over ?? {})
  const services = dependencies.flatMap(({ name, alias = name }) => {
    const block = withoutNulls(mergeValues(defaults ?? {}, isTree(all[alias]) ? all[alias] : {}))
    return block.enabled === false ? [] : [{ ...block, service: alias } as ServiceValues]
  })
  const problems = services.flatMap(valueProblems)
  if (problems.length > 0) throw new Error(problems.map((problem) => `charts/headroom: ${problem}`).join('\n'))
  return services
}

async function readTree(charts: URL, path: string): Promise<Tree> {
  try {
    const tree: unknown = parse(await readFile(new URL(path, charts), 'utf8')) ?? {}
    if (isTree(tree)) return tree
  } catch (error) {
    throw new Error(`charts/${path}: ${(error as Error).message.trim()}`, { cause: error })
  }
  throw new Error(`charts/${path}: must be a map`)
}

/** The values with another number of replicas to start with, where one is given. */
export function startingWith(values: ServiceValues, replicas: number | undefined): ServiceValues {
  return replicas === undefined ? values : { ...values, replicas, autoscaling: { ...values.autoscaling, minReplicas: replicas } }
}
