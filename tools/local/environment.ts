import type { ServiceValues } from './values.ts'

/** Where each service's balancer listens. */
export type Addresses = ReadonlyMap<string, string>

const peerUrl = /^http:\/\/headroom-([a-z][a-z0-9-]*):3000$/

/**
 * The environment of one service's replicas: the chart's own values, with the names that only a cluster resolves replaced.
 * @param addresses base URL of each service's balancer
 * @param database the libpq variables of the service's database, when it has one
 * @throws Error when a value points to a service that does not run here
 */
export function environmentOf(
  { service, env }: ServiceValues,
  addresses: Addresses,
  database: Record<string, string> | undefined,
): Record<string, string> {
  const entries = Object.entries(env ?? {}).map(([key, value]) => {
    const peer = peerUrl.exec(value)?.[1]
    if (peer === undefined) return [key, value]
    const address = addresses.get(peer)
    if (address === undefined)
      throw new Error(`charts/headroom: ${service}.env.${key} points to ${peer}, which is not enabled in this profile`)
    return [key, address]
  })
  return { ...Object.fromEntries(entries), ...database }
}
