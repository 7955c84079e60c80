import type { Server } from '@headroom/kit/service'
import fp from 'fastify-plugin'
import type { ClusterView } from '../lib/cluster-view.ts'
import type { Decision } from '../lib/decisions.ts'
import { History } from '../lib/history.ts'
import { Meters } from '../lib/meters.ts'
import { type FleetSample, sampleOf } from '../lib/samples.ts'
import { Scraper } from '../lib/scraper.ts'

/** Told of a sample and of what was decided since the last. */
type Listener = (sample: FleetSample & { decisions: Decision[] }) => void

declare module 'fastify' {
  interface FastifyInstance {
    traffic: { history: History; onSample(listener: Listener): void }
  }
}

interface TrafficOptions {
  SCRAPE_INTERVAL_MS: number
  HISTORY_MINUTES: number
}

/** Reads the pods' own metrics again and again, and keeps what they and the caches said as `server.traffic`. */
export const traffic = fp(
  async (server: Server, { SCRAPE_INTERVAL_MS, HISTORY_MINUTES }: TrafficOptions) => {
    const view = server.cluster as ClusterView
    const meters = new Meters()
    const scraper = new Scraper(meters)
    const history = new History((HISTORY_MINUTES * 60_000) / SCRAPE_INTERVAL_MS)
    const listeners = new Set<Listener>()
    server.decorate('traffic', { history, onSample: (listener: Listener) => void listeners.add(listener) })

    let timer: NodeJS.Timeout | undefined
    let closed = false
    const round = async () => {
      const startedAt = performance.now()
      await scraper.round(view.caches.pods)
      if (closed) return
      const fleet = view.fleet()
      const sample = sampleOf(fleet, meters)
      const decisions = view.decisions.take(fleet.services)
      if (fleet.services.length > 0) history.add(sample, decisions)
      for (const listener of listeners) listener({ ...sample, decisions })
      // After a late look not at once: a rate over a fraction of the time is mostly chance.
      timer = setTimeout(round, Math.max(SCRAPE_INTERVAL_MS / 2, SCRAPE_INTERVAL_MS - (performance.now() - startedAt))).unref()
    }
    server.addHook('onListen', (done) => {
      timer = setTimeout(round, SCRAPE_INTERVAL_MS).unref()
      done()
    })
    server.addHook('onClose', async () => {
      closed = true
      clearTimeout(timer)
      scraper.close()
    })
  },
  { name: 'traffic', fastify: '5.x', dependencies: ['cluster'] },
)
