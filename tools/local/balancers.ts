import { type Balancer, startBalancer } from './balancer.ts'
import { portSentence } from './ports.ts'
import type { ServiceValues } from './values.ts'

/**
 * A balancer before each service, so that every address is known before the first replica starts.
 * @param gatewayPort 0 lets the system choose, as it does for every other service
 * @param into filled as they start, so that whoever gives up can close them
 * @throws Error with a sentence when the gateway's port cannot be had
 */
export async function startBalancers(values: ServiceValues[], gatewayPort: number, endpointLagMs: number, into: Map<string, Balancer>) {
  for (const { service } of values) {
    const port = service === 'gateway' ? gatewayPort : 0
    try {
      into.set(service, await startBalancer({ port, endpointLagMs }))
    } catch (error) {
      throw new Error(portSentence(port, (error as NodeJS.ErrnoException).code), { cause: error })
    }
  }
}
