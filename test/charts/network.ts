import { type PodTemplate, podsOf } from './pods.ts'
import type { KubeObject } from './render.ts'

interface Selector {
  matchLabels?: Record<string, string>
  matchExpressions?: { key: string; operator: string; values?: string[] }[]
}
interface Peer {
  podSelector?: Selector
  namespaceSelector?: Selector
  ipBlock?: { cidr: string }
}
interface Rule {
  from?: Peer[]
  to?: Peer[]
  ports?: { port: number; protocol?: string }[]
}

/** One end of a connection: a pod by its labels and its namespace's, or an address outside. */
export interface End {
  labels?: Record<string, string>
  namespace?: string
  outside?: true
}

function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Record<string, string>): boolean {
  for (const { operator } of matchExpressions) if (operator !== 'In') throw new Error(`the evaluator does not know ${operator}`)
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, values = [] }) => values.includes(labels[key] ?? ''))
  )
}

function isPeer({ podSelector, namespaceSelector, ipBlock }: Peer, end: End, home: string): boolean {
  if (ipBlock) return end.outside === true
  if (end.outside || !end.labels) return false
  const namespace = end.namespace ?? home
  const inNamespace = namespaceSelector ? selects(namespaceSelector, { 'kubernetes.io/metadata.name': namespace }) : namespace === home
  return inNamespace && (!podSelector || selects(podSelector, end.labels))
}

function passes(rules: Rule[], peers: 'from' | 'to', end: End, port: number, protocol: string, home: string): boolean {
  return rules.some((rule) => {
    const peer = !rule[peers] || rule[peers].some((one) => isPeer(one, end, home))
    return peer && (!rule.ports || rule.ports.some((one) => one.port === port && (one.protocol ?? 'TCP') === protocol))
  })
}

/**
 * Whether NetworkPolicies let one end connect to the other, as a network plugin decides it: a pod that some policy selects in a direction is
 * closed in it apart from what those policies' rules allow; one that none selects is open.
 * https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export function reaches(objects: KubeObject[], from: End, to: End, port: number, protocol = 'TCP', home = 'headroom'): boolean {
  const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy')
  const of = (end: End, type: string) =>
    end.labels && (end.namespace ?? home) === home
      ? policies.filter(({ spec }) => spec.policyTypes.includes(type) && selects(spec.podSelector, end.labels as Record<string, string>))
      : []
  const egress = of(from, 'Egress')
  const ingress = of(to, 'Ingress')
  const out = egress.length === 0 || egress.some(({ spec }) => passes(spec.egress ?? [], 'to', to, port, protocol, home))
  const into = ingress.length === 0 || ingress.some(({ spec }) => passes(spec.ingress ?? [], 'from', from, port, protocol, home))
  return out && into
}

/** The pods of an install by their name label. */
export function ends(objects: KubeObject[]): Map<string, End> {
  return new Map(podsOf(objects).map(({ labels }: PodTemplate) => [labels['app.kubernetes.io/name'] ?? '', { labels }]))
}
