/**
 * A service on a cluster as it is seen from outside: its autoscaler looks every 15 s and a little, its CPU is measured every 10 s, the
 * cluster's times are cut to seconds, and whoever watches polls every 2 s and reads CPU every 5 s. Always the same for a seed.
 */
import { decide } from '@headroom/hpa/decide'
import { EMPTY_HISTORY, type History } from '@headroom/hpa/history'
import { cpuUtilization } from '@headroom/hpa/metrics'
import { PodTimes } from '../pod-times.ts'
import type { PodChange, Recording, ServiceHeader } from '../recording.ts'
import { decisionInput } from '../replay-input.ts'
import type { Decision, PodSample, Sample } from '../sample.ts'

const tickS = 0.1
const requestMillicores = 40
const spec: ServiceHeader['spec'] = {
  minReplicas: 1,
  maxReplicas: 4,
  metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } }],
  behavior: {
    scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
    scaleDown: { stabilizationWindowSeconds: 60, policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
  },
}

interface LivePod {
  name: string
  startedAtS: number
  readyAtS: number
  /** Millicores in each tick of its life, the newest last. */
  used: number[]
  measured?: { millicores: number; atS: number; windowS: number }
}

/** What the cluster is. */
class Cluster {
  pods: LivePod[] = [{ name: 'pod-0', startedAtS: -1000, readyAtS: -996, used: [] }]
  desired = 1
  status: number | null = null
  readonly decisions: (Decision & { atS: number })[] = []
  readonly #random: () => number
  #history: History = EMPTY_HISTORY
  #syncAtS: number
  #measureAtS: number
  #made = 0

  constructor(random: () => number) {
    this.#random = random
    this.#syncAtS = random() * 15
    this.#measureAtS = random() * 10
  }

  tick(atS: number, demandMillicores: number): void {
    const ready = this.pods.filter(({ readyAtS }) => readyAtS <= atS)
    for (const pod of this.pods) {
      // A process that starts takes all it may.
      const share = pod.readyAtS > atS ? 80 : Math.min(80, demandMillicores / ready.length) * (0.9 + 0.2 * this.#random())
      pod.used.push(share)
    }
    if (atS >= this.#measureAtS) this.#measure(atS)
    if (atS >= this.#syncAtS) this.#sync(atS)
  }

  #measure(atS: number): void {
    this.#measureAtS += 10
    for (const pod of this.pods) {
      const window = pod.used.slice(-100)
      if (window.length < 100) continue
      const millicores = window.reduce((sum, value) => sum + value, 0) / window.length
      pod.measured = { millicores, atS: Math.floor(atS), windowS: 10 + Math.floor(this.#random() * 50) / 100 }
    }
  }

  #sync(atS: number): void {
    this.#syncAtS = atS + 15 + 0.03 * this.#random()
    const pods = this.pods.map(({ name, startedAtS, readyAtS, measured }) => ({
      name,
      startedAtS: Math.floor(startedAtS),
      readyAtS: readyAtS <= atS ? Math.floor(readyAtS) : null,
      deleting: false,
      millicores: measured === undefined ? null : Math.ceil(measured.millicores),
      ...(measured && { measuredAtS: measured.atS, windowS: measured.windowS }),
    }))
    const target = { scaleTargetRef: { kind: 'Deployment', name: 'orders' }, ...spec, maxReplicas: 4 }
    const input = decisionInput({ spec: target, atS, speed: 1, currentReplicas: this.desired, pods, requestMillicores })
    const { desired, why, history, currentMetrics } = decide(target, input, this.#history)
    this.#history = history
    this.status = cpuUtilization(currentMetrics)
    if (desired !== this.desired) this.decisions.push({ atS, service: 'orders', from: this.desired, to: desired, reason: why })
    this.desired = desired
    while (this.pods.length < desired) {
      this.pods.push({ name: `pod-${++this.#made}`, startedAtS: atS, readyAtS: atS + 4 + 4 * this.#random(), used: [] })
    }
    this.pods = this.pods.slice(0, desired)
  }
}

/** A recording of ten minutes with a surge from the second to the fourth. */
export function polled(seed: number): Recording {
  let state = seed
  const random = () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
  const cluster = new Cluster(random)
  const times = new PodTimes(0)
  const seen = {
    samples: [] as Sample[],
    decisions: [] as Decision[],
    pods: [{ atS: 0, service: 'orders', pod: 'pod-0', state: 'ready' }] as PodChange[],
  }
  let usage = new Map<string, LivePod['measured']>()
  let now: Sample['services'] | undefined
  let [pollAtS, usageAtS, told] = [0.5, 0, 0]
  for (let tick = 1; tick <= 600 / tickS; tick++) {
    const atS = Math.round(tick) / 10
    cluster.tick(atS, atS > 120 && atS < 240 ? 40 + 140 * random() : 8)
    if (atS >= usageAtS) {
      usage = new Map(cluster.pods.map(({ name, measured }) => [name, measured && { ...measured }]))
      usageAtS += 5.1
    }
    if (atS >= pollAtS) {
      pollAtS += 2 + 0.3 * random()
      for (; told < cluster.decisions.length; told++) seen.decisions.push({ ...(cluster.decisions[told] as Decision), atS })
      const shown = cluster.pods.map(({ name, startedAtS, readyAtS }) => {
        return { name, startedAtMs: Math.floor(startedAtS) * 1000, readyAtMs: readyAtS <= atS ? Math.floor(readyAtS) * 1000 : null }
      })
      seen.pods.push(...times.changes('orders', shown, atS * 1000))
      now = { orders: look(cluster, atS, usage) }
    }
    if (now !== undefined && tick % 10 === 3) seen.samples.push({ atS, load: null, services: now })
  }
  const header = { minReplicas: 1, maxReplicas: 4, cpuRequestMillicores: requestMillicores, cpuLimitMillicores: 80, spec }
  return {
    header: { engine: 'kubernetes', startedAt: '2026-11-22T10:00:00.000Z', speed: 1, versions: {}, services: { orders: header } },
    ...seen,
    probes: [],
    end: undefined,
    warnings: [],
  }
}

function look(cluster: Cluster, atS: number, usage: Map<string, LivePod['measured']>): Sample['services'][string] {
  const pods = cluster.pods.map(({ name, readyAtS }): PodSample => {
    const used = usage.get(name)
    const state = readyAtS <= atS ? 'ready' : 'starting'
    return {
      name,
      state,
      requestsPerS: null,
      cpuMillicores: used === undefined ? null : Math.ceil(used.millicores),
      ...(used && { cpuAtS: used.atS, cpuWindowS: used.windowS }),
    }
  })
  const rates = { requestsPerS: 0, p99Ms: null, shedPerS: 0, failedPerS: 0 }
  const ready = pods.filter(({ state }) => state === 'ready').length
  return { current: pods.length, desired: cluster.desired, ready, cpuPercent: cluster.status, targetPercent: 60, ...rates, pods }
}
