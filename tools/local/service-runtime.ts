import type { ServiceValues } from './values.ts'

/** One service as the local engine runs it. */
export interface ServiceRuntime {
  service: string
  values: ServiceValues
  main: URL
  env: Record<string, string>
  /** Tells the balancer which replicas take new connections. */
  setEndpoints(endpoints: { port: number }[]): void
}

export const namespace = 'headroom'

/** The name of a service's Kubernetes objects. */
export const objectName = (service: string) => `headroom-${service}`

export const labelsOf = (service: string) => ({ 'app.kubernetes.io/name': service, 'app.kubernetes.io/part-of': 'headroom' })
