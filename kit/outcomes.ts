import type { Registry } from 'prom-client'
import { Counter } from './parts.ts'

/** What became of the calls to one peer, as plain numbers: the registry reads them when scraped. */
export interface Outcomes {
  /** Answered with a status below 500. */
  ok: number
  /** Refused because the peer, or what it needs, is overloaded. */
  shed: number
  /** Answered with another, or not at all; a call that was never sent is neither. */
  failed: number
}

const byRegistry = new WeakMap<Registry, Map<string, Outcomes>>()

/** Counts the calls to one peer in `http_client_requests_total`, which all clients of a service share. */
export function countCalls(registry: Registry, peer: string): Outcomes {
  let peers = byRegistry.get(registry)
  if (peers === undefined) {
    peers = new Map()
    byRegistry.set(registry, peers)
    register(registry, peers)
  }
  const outcomes = peers.get(peer) ?? { ok: 0, shed: 0, failed: 0 }
  peers.set(peer, outcomes)
  return outcomes
}

function register(registry: Registry, peers: ReadonlyMap<string, Outcomes>): void {
  new Counter({
    name: 'http_client_requests_total',
    help: 'Calls that were sent to a peer, by what became of them: ok is an answer below 500, shed a 503 overloaded.',
    labelNames: ['peer', 'outcome'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [peer, { ok, shed, failed }] of peers) {
        this.inc({ peer, outcome: 'ok' }, ok)
        this.inc({ peer, outcome: 'shed' }, shed)
        this.inc({ peer, outcome: 'failed' }, failed)
      }
    },
  })
}
