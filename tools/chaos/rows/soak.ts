import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { LoadRun } from '@headroom/load/run'
import type { Replica } from '@headroom/local/replica'
import type { Verdict } from '@headroom/report/verdict'
import { type Held, Inspector } from '../inspector.ts'
import { nothingFailed, OnSale, until } from '../on-sale.ts'
import { scrape } from '../process.ts'
import { check, type Row, type RowContext } from '../row.ts'
import { type Sample, slopePerMinute } from '../slope.ts'

const services = ['gateway', 'catalog', 'inventory', 'orders', 'payments']
const mebibyte = 1024 * 1024
/** What may come and go with connections and clocks: a leak of one a request is thousands. */
const slack = { timers: 20, listeners: 250, abortSignals: 50 }
/** As many as nobody buys up: refusals would be another load. */
const stock = 1_000_000

/** Hours in small: what a request leaves behind adds up, and it is only a matter of time. */
export const soak: Row = {
  name: 'soak',
  promise: 'under a steady load no process of the on-sale grows: neither memory nor timers nor listeners',
  full: '15 min at half of the capacity measured before, resident memory after a garbage collection grows by less than 0.5 MB/min in each process',
  quick: '12 s at 40 requests/s, the same below 30 MB/min',
  async run(context) {
    // Any port: five processes that open an inspector would want the same.
    const env = Object.fromEntries(services.map((service) => [service, { NODE_OPTIONS: '--inspect-port=0' }]))
    const onSale = await OnSale.start(context, { env })
    try {
      await onSale.rows('inventory', 'UPDATE tiers SET stock = $1', [stock])
      const ratePerS = context.quick ? 40 : Math.round((await capacityOf(context, onSale)) / 2)
      context.note(`      ${ratePerS} requests/s`)
      const replicas = new Map(services.flatMap((service) => onSale.readyOf(service).map((replica) => [service, replica])))
      const warmUp = onSale.load({ stages: [{ name: 'warm up', durationS: context.count(120, 5), ratePerS }] })
      await warmUp.summary
      const inspectors = await openInspectors(context, replicas)
      const before = await holdings(context, inspectors)
      const load = onSale.load({ stages: [{ name: 'steady', durationS: context.count(900, 12), ratePerS }] })
      const memory = await sampled(context, load, replicas, inspectors)
      const summary = await load.summary
      const after = await holdings(context, inspectors)
      for (const inspector of inspectors.values()) inspector.close()
      const limit = context.count(0.5, 30)
      return {
        figures: {
          'requests/s': ratePerS,
          requests: summary.requests.offered,
          ...Object.fromEntries([...memory].map(([name, samples]) => [`${name}: MB/min`, perMinute(samples)])),
          ...Object.fromEntries([...after].map(([name, held]) => [`${name}: before and after`, both(before.get(name), held)])),
        },
        checks: [nothingFailed(summary), ...memoryChecks(memory, limit), ...heldChecks(before, after), ...stillThere(replicas)],
      }
    } finally {
      await onSale.close()
    }
  },
}

/** The greatest of ever higher rates at which all but 2 % is answered in time. */
async function capacityOf(context: RowContext, onSale: OnSale): Promise<number> {
  const stepPerS = 50
  let capacity = stepPerS
  for (let ratePerS = stepPerS; ratePerS <= 1000; ratePerS += stepPerS) {
    context.signal.throwIfAborted()
    const { requests } = await onSale.load({ stages: [{ name: 'step', durationS: 6, ratePerS }], timeoutMs: 1000 }).summary
    if (requests.ok < 0.98 * requests.offered) break
    capacity = ratePerS
  }
  context.note(`      capacity: ${capacity} requests/s`)
  return capacity
}

/**
 * Resident memory of each until the load ends, right after a garbage collection: V8 leaves garbage lie for as long as there is memory,
 * which looks like a leak for half an hour.
 */
async function sampled(
  context: RowContext,
  load: LoadRun,
  replicas: Map<string, Replica>,
  inspectors: Map<string, Inspector>,
): Promise<Map<string, Sample[]>> {
  const memory = new Map<string, Sample[]>([...replicas.keys()].map((service) => [service, []]))
  const over = new AbortController()
  const ended = load.summary.then(() => over.abort())
  while (!over.signal.aborted) {
    for (const [service, replica] of replicas) {
      await inspectors.get(service)?.collectGarbage()
      const value = Number(/^process_resident_memory_bytes (\S+)/m.exec(await scrape(replica))?.[1])
      memory.get(service)?.push({ atS: performance.now() / 1000, value })
    }
    await delay(context.count(15_000, 1000), undefined, { signal: over.signal }).catch(() => {})
  }
  await ended
  writeFileSync(join(context.folder, 'memory.json'), JSON.stringify(Object.fromEntries(memory)))
  return memory
}

/** SIGUSR1 makes Node open its inspector, and say where. */
async function openInspectors({ folder }: RowContext, replicas: Map<string, Replica>): Promise<Map<string, Inspector>> {
  const inspectors = new Map<string, Inspector>()
  for (const [service, { name, pid }] of replicas) {
    if (pid === undefined) throw new Error(`${name} is gone`)
    process.kill(pid, 'SIGUSR1')
    const said = () => /Debugger listening on (ws:\S+)/.exec(readFileSync(join(folder, 'logs', `${name}.log`), 'utf8'))?.[1]
    await until(`the inspector of ${name}`, () => said() !== undefined, 10_000)
    inspectors.set(service, await Inspector.open(said() as string))
  }
  return inspectors
}

async function holdings(context: RowContext, inspectors: Map<string, Inspector>): Promise<Map<string, Held>> {
  // Connections that nobody uses are closed by then, and requests are over.
  await delay(context.count(15_000, 3000), undefined, { signal: context.signal })
  const held = new Map<string, Held>()
  for (const [name, inspector] of inspectors) held.set(name, await inspector.held())
  return held
}

function memoryChecks(memory: Map<string, Sample[]>, limit: number): Verdict[] {
  return [...memory].map(([name, samples]) =>
    check(
      `${name}: memory after a collection grows by less than ${limit} MB/min`,
      perMinute(samples),
      samples.length > 5 && perMinute(samples) < limit,
    ),
  )
}

function heldChecks(before: Map<string, Held>, after: Map<string, Held>): Verdict[] {
  return [...after].flatMap(([name, held]) =>
    (Object.keys(slack) as (keyof typeof slack)[]).map((what) => {
      const had = before.get(name)?.[what] ?? 0
      return check(`${name}: no more ${what} than before`, `${had} before, ${held[what]} after`, held[what] <= had + slack[what])
    }),
  )
}

function stillThere(replicas: Map<string, Replica>): Verdict[] {
  const ready = [...replicas.values()].filter(({ state }) => state === 'ready').length
  return [check('nobody ended', `${ready} of ${replicas.size} ready`, ready === replicas.size)]
}

function perMinute(samples: Sample[]): number {
  return Math.round((slopePerMinute(samples) / mebibyte) * 100) / 100
}

function both(before: Held | undefined, after: Held): string {
  const heap = (held: Held | undefined) => `${((held?.heapBytes ?? 0) / mebibyte).toFixed(1)} MB of heap`
  return `${heap(before)}, ${heap(after)}; timers ${before?.timers}, ${after.timers}; listeners ${before?.listeners}, ${after.listeners}`
}
