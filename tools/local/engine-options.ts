import type { Decision } from '@headroom/report/sample'

/** What an engine is started with. */
export interface EngineOptions {
  /** The folder of charts/ and services/. */
  root: URL
  /** How many times faster than real time the autoscaler's clock runs. */
  speed: number
  /** Folder of logs and database. */
  out: string
  /** Port of the gateway; 0 lets the system choose. */
  port: number
  cpuLimit: boolean
  /** How long a balancer still sends new connections to a replica that is leaving. */
  endpointLagMs?: number
  /** Replicas to start with, by service, in place of the charts'. */
  replicas?: Record<string, number>
  /** Environment over the charts', by service. */
  env?: Record<string, Record<string, string>>
  /** Where callers reach a service, or `postgres`, in place of its own port. */
  between?: (name: string, port: number) => number
  onNote: (text: string) => void
  onDecision: (decision: Omit<Decision, 'atS'> & { atMs: number }) => void
  onCrash: (reason: string) => void
}
