import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { LoadOptions } from '@headroom/load/load-options'
import type { Summary } from '@headroom/load/results'
import { type LoadRun, runLoad } from '@headroom/load/run'
import { checkInvariants } from '@headroom/local/demo'
import { Engine } from '@headroom/local/engine'
import type { Replica } from '@headroom/local/replica'
import type { Verdict } from '@headroom/report/verdict'
import pg from 'pg'
import { AcknowledgementFile } from './acknowledgement-file.ts'
import { type Middleman, startMiddleman } from './middleman.ts'
import { type FaultProxy, startProxy } from './proxy.ts'
import { check, type RowContext } from './row.ts'

const root = new URL('../../', import.meta.url)

export interface OnSaleOptions {
  /** Replicas by service; the charts' least numbers otherwise. */
  replicas?: Record<string, number>
  /** Environment over the charts', by service. */
  env?: Record<string, Record<string, string>>
  /** Services, or `postgres`, that are reached through a proxy. */
  proxied?: string[]
  /** Services that are reached through a middleman. */
  middlemen?: string[]
}

/** The whole on-sale with real processes and a real Postgres, without an autoscaler and without CPU limits. */
export class OnSale {
  readonly engine: Engine
  readonly acknowledgements: AcknowledgementFile
  readonly #context: RowContext
  readonly #proxies: Map<string, FaultProxy>
  readonly #middlemen: Map<string, Middleman>

  private constructor(context: RowContext, engine: Engine, proxies: Map<string, FaultProxy>, middlemen: Map<string, Middleman>) {
    this.#context = context
    this.engine = engine
    this.#proxies = proxies
    this.#middlemen = middlemen
    this.acknowledgements = new AcknowledgementFile(join(context.folder, 'acks.ndjson'))
  }

  /** Resolves when every service is ready. The caller closes it, whatever comes. */
  static async start(context: RowContext, options: OnSaleOptions = {}): Promise<OnSale> {
    const { replicas, env, proxied = [], middlemen: lied = [] } = options
    const proxies = new Map<string, FaultProxy>()
    const middlemen = new Map<string, Middleman>()
    for (const name of proxied) proxies.set(name, await startProxy(context.random))
    for (const name of lied) middlemen.set(name, await startMiddleman())
    // Callers reach the proxy, it the middleman, and that the service.
    const between = (name: string, port: number) => {
      const [proxy, middleman] = [proxies.get(name), middlemen.get(name)]
      if (middleman !== undefined) middleman.target = port
      if (proxy !== undefined) proxy.target = middleman?.port ?? port
      return proxy?.port ?? middleman?.port ?? port
    }
    mkdirSync(context.folder, { recursive: true })
    const engine = new Engine({
      root,
      speed: 1,
      out: context.folder,
      port: 0,
      cpuLimit: false,
      ...(replicas && { replicas }),
      ...(env && { env }),
      between,
      onNote: () => {},
      onDecision: () => {},
      // A killed replica is the point; Kubernetes' part, another in its place, is the engine's.
      onCrash: () => {},
    })
    const onSale = new OnSale(context, engine, proxies, middlemen)
    await engine.start(context.signal).catch(async (error) => {
      await onSale.close()
      throw error
    })
    return onSale
  }

  proxy(name: string): FaultProxy {
    return this.#proxies.get(name) as FaultProxy
  }

  middleman(name: string): Middleman {
    return this.#middlemen.get(name) as Middleman
  }

  /** Offers load to the gateway; every order attempt goes into the acknowledgement log. */
  load(options: Omit<LoadOptions, 'url' | 'onAcknowledgement'>): LoadRun {
    return runLoad({
      seed: this.#context.seed,
      ...options,
      url: this.engine.url,
      onAcknowledgement: (ack) => this.acknowledgements.add(ack),
    })
  }

  /** Kills a replica without a chance to do anything about it, and resolves when it is gone. */
  async kill(replica: Replica): Promise<void> {
    replica.kill()
    await replica.exited
  }

  /** Resolves when the service has so many ready replicas again. */
  async ready(service: string, replicas: number): Promise<void> {
    await until(`${replicas} of ${service} ready`, () => this.readyOf(service).length >= replicas, 30_000)
  }

  readyOf(service: string): Replica[] {
    return this.engine.replicasOf(service).filter(({ state }) => state === 'ready')
  }

  /** Rows of a service's database, read as the superuser. */
  async rows<T extends pg.QueryResultRow>(database: string, text: string, values: unknown[] = []): Promise<T[]> {
    const { PGHOST, PGPORT, PGUSER, PGPASSWORD } = this.engine.databaseEnv
    const client = new pg.Client({ host: PGHOST, port: Number(PGPORT), user: PGUSER, password: PGPASSWORD, database })
    client.on('error', () => {})
    await client.connect()
    try {
      return (await client.query<T>(text, values)).rows
    } finally {
      await client.end()
    }
  }

  /** I1-I8 from the committed rows and the acknowledgement log, as checks. */
  async invariants(): Promise<Verdict[]> {
    this.acknowledgements.flush()
    const results = await checkInvariants(this.engine, this.#context.folder, this.#context.signal)
    return Object.entries(results).map(([name, { holds, checked }]) => check(`${name} holds`, `${checked} rows checked`, holds))
  }

  async close(): Promise<void> {
    await this.engine.abort()
    for (const between of [...this.#proxies.values(), ...this.#middlemen.values()]) await between.close()
  }
}

/** Resolves when the condition holds. @throws Error with `what` when it does not within `withinMs` */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs: number): Promise<number> {
  const startedAtMs = performance.now()
  while (!(await holds())) {
    if (performance.now() - startedAtMs > withinMs) throw new Error(`not within ${withinMs / 1000} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return performance.now() - startedAtMs
}

/** How the load ended, as a check: nothing failed. */
export function nothingFailed({ requests, failures }: Summary): Verdict {
  const why = Object.entries(failures).map(([reason, count]) => `${count} ${reason}`)
  return check('no request failed', [`${requests.failed} of ${requests.offered}`, ...why].join(', '), requests.failed === 0)
}
