import { createRequire } from 'node:module'
import type { monitorEventLoopDelay } from 'node:perf_hooks'
import type { fastifyUnderPressure } from '@fastify/under-pressure'
import type * as Prometheus from 'prom-client'
import type * as Undici from 'undici'

/**
 * Parts of packages whose whole costs a start-up more than the part (docs/startup.md): prom-client brings the OpenTelemetry API along for metrics
 * kit does not collect, undici its fetch, caches and WebSockets. Whoever imports the whole gets the same classes.
 */
const require = createRequire(import.meta.url)

/** node:http without its facade for ES modules, which evaluates every export: among them are WebSocket and friends, and so the whole of Node's own undici. */
export const { IncomingMessage, ServerResponse, STATUS_CODES } = process.getBuiltinModule('node:http')

export const Counter = require('prom-client/lib/counter.js') as typeof Prometheus.Counter
export const Gauge = require('prom-client/lib/gauge.js') as typeof Prometheus.Gauge
export const Registry = require('prom-client/lib/registry.js') as typeof Prometheus.Registry

/** undici's Pool with `dispatch` alone, loaded by the first client that a service makes. */
export function loadPool(): typeof Undici.Pool {
  return require('undici/lib/dispatcher/pool.js') as typeof Undici.Pool
}

/** What under-pressure takes for the resolution of its histogram, and the one it gets. */
const assumedResolutionMs = 10
const resolutionMs = 100

/**
 * under-pressure with a coarser clock. Its own wakes an idle process every 10 ms, which is most of what an idle service costs and counts
 * under a small CPU limit. There is no option for it; the clock comes from `node:perf_hooks` when under-pressure is loaded.
 */
export function loadUnderPressure(): typeof fastifyUnderPressure {
  const hooks = require('node:perf_hooks') as typeof import('node:perf_hooks')
  const { monitorEventLoopDelay } = hooks
  hooks.monitorEventLoopDelay = () => coarse(monitorEventLoopDelay({ resolution: resolutionMs }))
  try {
    return require('@fastify/under-pressure') as typeof fastifyUnderPressure
  } finally {
    hooks.monitorEventLoopDelay = monitorEventLoopDelay
  }
}

type DelayHistogram = ReturnType<typeof monitorEventLoopDelay>

/** The histogram as under-pressure reads it: the mean less what its resolution is longer than the assumed one. */
function coarse(histogram: DelayHistogram): DelayHistogram {
  const excessNs = (resolutionMs - assumedResolutionMs) * 1e6
  return Object.create(histogram, {
    mean: { get: () => histogram.mean - excessNs },
    enable: { value: () => histogram.enable() },
    disable: { value: () => histogram.disable() },
    reset: { value: () => histogram.reset() },
  }) as DelayHistogram
}
