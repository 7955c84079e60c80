import type { Fleet } from '../../services/observer/lib/cluster-view.ts'
import type { PodState } from '../../services/observer/lib/fleet.ts'
import type { FleetSample, ServiceSample } from '../../services/observer/lib/samples.ts'

const startedAtMs = Date.parse('2026-11-28T10:00:00.000Z')
const scaled = ['catalog', 'gateway', 'inventory', 'orders']
const fixed = ['hello', 'observer', 'payments']
const full = (name: string) => `headroom-${name}`
const at = (second: number) => new Date(startedAtMs + second * 1000).toISOString()
const calls = [
  ['gateway', 'catalog'],
  ['gateway', 'inventory'],
  ['gateway', 'orders'],
  ['gateway', 'hello'],
  ['orders', 'inventory'],
  ['orders', 'payments'],
  ['orders', 'catalog'],
] as const

/** One of a surge that begins with the twentieth look. */
export function sampleAt(second: number): FleetSample {
  const [rate, ready] = second < 20 ? [38, 1] : [199, second < 26 ? 1 : 4]
  const shed = second < 20 || second > 30 ? 0.4 : 21
  const of = (name: string): ServiceSample => {
    const own = scaled.includes(name)
    return {
      current: own ? ready : 1,
      desired: own && second >= 22 ? 4 : 1,
      ready: own ? ready : 1,
      cpuPercent: own ? 40 + (second % 7) * name.length : null,
      targetPercent: own ? 60 : null,
      requestsPerS: name === 'gateway' ? rate : rate / 3,
      shedPerS: name === 'gateway' ? shed : 0,
      failedPerS: 0,
      p50Ms: 4 + (second % 3),
      p99Ms: second < 30 ? 480 - second : 96,
      pods: podsOf(name, '').map(({ name, state }) => ({ name, state, requestsPerS: state === 'ready' ? rate / 4 : 0, cpuMillicores: 31 })),
    }
  }
  return {
    at: at(second),
    services: Object.fromEntries([...scaled, ...fixed].toSorted().map((name) => [full(name), of(name)])),
    edges: calls.map(([from, to], i) => ({
      from: full(from),
      to: full(to),
      requestsPerS: rate / (i + 1),
      shedPerS: i % 2,
      failedPerS: i % 3,
    })),
  }
}

export function historyOf(samples: number) {
  const decision = (second: number, name: string, to: number, cpu: number) => ({
    ...{ at: at(second), service: full(name), from: 1, to, reason: `CPU ${cpu} % of target 60 %` },
  })
  return {
    samples: Array.from({ length: samples }, (_, second) => sampleAt(second)),
    decisions: scaled.map((name, i) => decision(22 + i, name, 4, 171 + 9 * i)),
  }
}

/** @param release what the names of its pods end in */
export function fleetAt(second: number, release = ''): Fleet {
  const { services } = sampleAt(second)
  return {
    ...{ at: at(second), namespace: 'headroom', access: 'ok', detail: '', stale: false, staleForS: 0 },
    services: Object.entries(services).map(([name, { current, desired, ready, cpuPercent, targetPercent }]) => ({
      ...{ name, current, desired, ready, cpuPercent, targetPercent, minReplicas: 1, maxReplicas: 4, conditions: [], decisions: [] },
      pods: podsOf(name.slice('headroom-'.length), release).map((pod) => ({ ...pod, startedAt: at(0), restarts: 0, cpuMillicores: 31 })),
    })),
  }
}

function podsOf(name: string, release: string): { name: string; state: PodState }[] {
  const states: PodState[] = scaled.includes(name) ? ['ready', 'ready', 'starting', 'draining', 'failed'] : ['ready']
  return states.map((state, i) => ({ name: `${full(name)}-7c9d${release}-${i}`, state }))
}
