import type { ServiceValues } from './values.ts'

/** Base URL of each service's balancer, by the name of its Kubernetes objects. */
export type Addresses = ReadonlyMap<string, string>

/**
 * The environment of one service's replicas, from the chart's own values: names that only a cluster resolves become addresses.
 * @param database the libpq variables of the service's database, when it has one
 * @throws Error when it calls a service that does not run here
 */
export function environmentOf(
  { service, env, peers }: ServiceValues,
  addresses: Addresses,
  database: Record<string, string> | undefined,
): Record<string, string> {
  const calls = Object.entries(peers.calls).map(([key, peer]) => {
    const address = addresses.get(peer.service)
    if (address === undefined)
      throw new Error(`charts/headroom: ${service}.peers.calls.${key} names ${peer.service}, which is not enabled in this profile`)
    return [key, address]
  })
  return { ...env, ...Object.fromEntries(calls), ...database }
}

/** What of our own environment the services get: where spans go. Not OTEL_SERVICE_NAME, which would give all of them one name. */
const inherited = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_RESOURCE_ATTRIBUTES', 'OTEL_TRACES_SAMPLER_ARG']

/** The variables of `env` that every service is started with. */
export function inheritedFrom(env: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(inherited.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])))
}
