import type { Fleet } from './cluster-view.ts'
import type { PodState } from './fleet.ts'
import { type Meters, type PodTraffic, type Traffic, tenths, together } from './meters.ts'

/** One service at one moment. */
export interface ServiceSample extends Traffic {
  current: number
  desired: number
  ready: number
  cpuPercent: number | null
  targetPercent: number | null
  pods: { name: string; state: PodState; requestsPerS: number | null; cpuMillicores: number | null }[]
}

/** Calls from one service to another, per second. */
export interface Edge {
  from: string
  to: string
  requestsPerS: number
  shedPerS: number
  failedPerS: number
}

/** The fleet at one moment. */
export interface FleetSample {
  at: string
  services: Record<string, ServiceSample>
  edges: Edge[]
}

/** The fleet as the caches show it, with what its pods did lately. */
export function sampleOf({ at, services }: Fleet, meters: Pick<Meters, 'of'>): FleetSample {
  const names = services.map(({ name }) => name)
  const edges: Edge[] = []
  const samples = services.map((service) => {
    const traffic = service.pods.flatMap(({ name }) => meters.of(name) ?? [])
    edges.push(...edgesOf(service.name, traffic, names))
    const { current, desired, ready, cpuPercent, targetPercent } = service
    const pods = service.pods.map(({ name, state, cpuMillicores }) => {
      const own = meters.of(name)
      return { name, state, requestsPerS: own === undefined ? null : tenths(own.requestsPerS), cpuMillicores }
    })
    return [service.name, { current, desired, ready, cpuPercent, targetPercent, ...together(traffic), pods }] as const
  })
  return { at, services: Object.fromEntries(samples), edges }
}

/** A client names its peer `orders`; the Deployment may be `headroom-orders`. */
function edgesOf(from: string, traffic: PodTraffic[], names: string[]): Edge[] {
  const peers = new Set(traffic.flatMap(({ calls }) => [...calls.keys()]))
  return [...peers].map((peer) => {
    const sum = (outcome: 'ok' | 'shed' | 'failed') => traffic.reduce((sum, { calls }) => sum + (calls.get(peer)?.[outcome] ?? 0), 0)
    const to = names.find((name) => name === peer || name.endsWith(`-${peer}`)) ?? peer
    const all = sum('ok') + sum('shed') + sum('failed')
    return { from, to, requestsPerS: tenths(all), shedPerS: tenths(sum('shed')), failedPerS: tenths(sum('failed')) }
  })
}
