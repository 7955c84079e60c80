import { Agent, get } from 'node:http'
import { readScrape } from '@headroom/kit/scrape'
import type { Meters } from './meters.ts'
import type { Pod } from './objects.ts'

const timeoutMs = 1500
const bytesMax = 1_000_000
/** Of pods that are asked in one round: beyond this the fleet is Prometheus' business. */
const podsMax = 200
const atOnceMax = 8

/** Where a pod shows its metrics: the port named `ops`; undefined for a pod that has no address yet or keeps another contract. */
export function metricsUrl({ spec, status }: Pod): string | undefined {
  const port = spec?.containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === 'ops')?.containerPort
  return status?.podIP && port ? `http://${status.podIP.includes(':') ? `[${status.podIP}]` : status.podIP}:${port}/metrics` : undefined
}

/** Reads every pod's metrics once, a few at a time. A pod that does not answer in time has no rates, and that is all. */
export class Scraper {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1, timeout: 30_000 })
  readonly #meters: Meters

  constructor(meters: Meters) {
    this.#meters = meters
  }

  async round(pods: Pod[]): Promise<void> {
    const targets = pods.flatMap((pod) => {
      const url = metricsUrl(pod)
      return url === undefined ? [] : [{ name: pod.metadata?.name ?? '', url }]
    })
    this.#meters.keep(new Set(targets.map(({ name }) => name)))
    const queue = targets.slice(0, podsMax)
    const worker = async () => {
      for (let next = queue.pop(); next; next = queue.pop()) await this.#scrape(next)
    }
    await Promise.all(Array.from({ length: atOnceMax }, worker))
  }

  close(): void {
    this.#agent.destroy()
  }

  async #scrape({ name, url }: { name: string; url: string }): Promise<void> {
    try {
      const text = await fetchText(url, this.#agent)
      this.#meters.read(name, readScrape(text), performance.now())
    } catch {
      this.#meters.missed(name)
    }
  }
}

/** A GET with node:http: `fetch` costs several times as much, and there are many pods. */
function fetchText(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, signal: AbortSignal.timeout(timeoutMs) }, (reply) => {
      let text = ''
      reply.setEncoding('utf8')
      reply.on('data', (chunk: string) => {
        text += chunk
        if (text.length > bytesMax) request.destroy(new Error(`more than ${bytesMax} bytes`))
      })
      reply.on('error', reject)
      reply.on('end', () => (reply.statusCode === 200 ? resolve(text) : reject(new Error(`status ${reply.statusCode}`))))
    })
    request.on('error', reject)
  })
}
