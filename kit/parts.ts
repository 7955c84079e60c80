import { createRequire } from 'node:module'
import type * as Prometheus from 'prom-client'
import type * as Undici from 'undici'

/**
 * Parts of packages whose whole costs a start-up more than the part (docs/startup.md): prom-client brings the OpenTelemetry API along for metrics
 * kit does not collect, undici its fetch, caches and WebSockets. Whoever imports the whole gets the same classes.
 */
const require = createRequire(import.meta.url)

export const Counter = require('prom-client/lib/counter.js') as typeof Prometheus.Counter
export const Gauge = require('prom-client/lib/gauge.js') as typeof Prometheus.Gauge
export const Registry = require('prom-client/lib/registry.js') as typeof Prometheus.Registry

/** undici's Pool with `request`, loaded by the first client that a service makes. */
export function loadPool(): typeof Undici.Pool {
  const dispatcher = require('undici/lib/dispatcher/dispatcher.js') as typeof Undici.Dispatcher
  dispatcher.prototype.request ??= require('undici/lib/api/api-request.js') as Undici.Dispatcher['request']
  return require('undici/lib/dispatcher/pool.js') as typeof Undici.Pool
}
