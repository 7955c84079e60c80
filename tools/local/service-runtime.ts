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

// As the charts have them, so that whatever watches a cluster finds the same names here.
export const namespace = 'headroom'
export const container = 'app'

export const labelsOf = ({ name }: ServiceValues) => ({ 'app.kubernetes.io/name': name, 'app.kubernetes.io/instance': 'headroom' })
