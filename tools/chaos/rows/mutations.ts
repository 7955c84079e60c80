import { insist } from '@headroom/kit/testing'
import type { Replica } from '@headroom/local/replica'
import type { Verdict } from '@headroom/report/verdict'
import { Pool } from 'undici'
import { type Operation, operationsOf } from '../mutations/document.ts'
import { type MutatedRequest, requestsTo } from '../mutations/request.ts'
import { OnSale, until } from '../on-sale.ts'
import { scrape } from '../process.ts'
import { check, type Row, type RowContext } from '../row.ts'

const services = ['gateway', 'catalog', 'inventory', 'orders', 'payments', 'hello', 'observer']
const atOnce = 4
const growthBytesMax = 50e6
/** How often who is told that the service is too busy asks again: that says something of the machine and nothing of the request. */
const asksMax = 50
/** What the framework says of any request, whatever the operation: no such route, another method, headers too large, the wrong type. */
const always = [404, 405, 413, 414, 415, 431]

/** Requests made from each service's own document and bent in every direction. */
export const mutations: Row = {
  name: 'mutations',
  promise: 'whatever a service is asked, it gives a documented answer that matches its schema, never a 5xx, and does not grow',
  full: `10,000 mutated requests for each of ${services.length} services`,
  quick: `240 mutated requests for each of ${services.length} services`,
  async run(context) {
    const wanted = context.count(10_000, 240)
    const figures: Record<string, number> = {}
    const checks: Verdict[] = []
    const onSale = await OnSale.start(context)
    try {
      for (const service of services) {
        const [replica] = onSale.readyOf(service)
        if (replica === undefined) throw new Error(`${service} has no ready replica`)
        const operations = operationsOf(service)
        if (service === 'observer') await connected(replica)
        // Once to warm up: what a process keeps from its first requests is no growth.
        await ask(context, replica, operations, Math.ceil(wanted / 10))
        const before = await memoryOf(replica)
        const { statuses, bad } = await ask(context, replica, operations, wanted)
        const growth = (await memoryOf(replica)) - before
        const granted = [...statuses].reduce((sum, [status, count]) => sum + (status < 300 ? count : 0), 0)
        for (const [status, count] of statuses) figures[`${service}: ${status}`] = count
        checks.push(
          check(
            `${service}: documented answers that match their schema, no 5xx`,
            bad.length === 0 ? `${wanted} of ${wanted}` : bad.slice(0, 3).join(' | '),
            bad.length === 0,
          ),
          // Few requests may all be wrong.
          ...(context.quick ? [] : [check(`${service}: some were granted`, granted, granted > 0)]),
          check(`${service}: no exit`, replica.state, replica.state === 'ready'),
          check(`${service}: memory grew by less than 50 MB`, `${Math.round(growth / 1e6)} MB`, growth < growthBytesMax),
        )
      }
      // No invariants: services that are asked behind the gateway's back do what no order wanted.
      return { figures, checks }
    } finally {
      await onSale.close()
    }
  },
}

/** The observer loads its client of Kubernetes, 90 MB and more, some time after it is ready: that is no growth by requests. */
async function connected({ port }: Replica): Promise<void> {
  const fleet = async () => await (await fetch(`http://127.0.0.1:${port}/fleet`)).text()
  await until('the observer has tried to connect', async () => !(await fleet()).includes('"access":"connecting"'), 30_000)
}

async function ask(context: RowContext, { port }: Replica, operations: Operation[], wanted: number) {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: atOnce })
  const statuses = new Map<number, number>()
  const bad: string[] = []
  const each = Math.ceil(wanted / operations.length)
  const queue = operations.flatMap((operation) =>
    requestsTo(operation, each, context.seed, context.random).map((request) => ({ operation, request })),
  )
  const worker = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const { operation, request } = next
      const reply = await insist(() => send(pool, request), asksMax)
      statuses.set(reply.statusCode, (statuses.get(reply.statusCode) ?? 0) + 1)
      const problem = problemOf(reply, operation, request)
      if (problem !== undefined) bad.push(`${request.method} ${request.path} ${request.body?.slice(0, 80) ?? ''}: ${problem}`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  await pool.destroy()
  return { statuses: new Map([...statuses].sort(([a], [b]) => a - b)), bad }
}

async function send(pool: Pool, { method, path, headers, body }: MutatedRequest) {
  const reply = await pool.request({ method: method as 'GET', path, headers, ...(body === undefined ? {} : { body }) })
  const text = await reply.body.text()
  return { statusCode: reply.statusCode, text, json: () => JSON.parse(text) }
}

/** What is wrong with a reply, if anything is. */
function problemOf(
  { statusCode: status, text }: { statusCode: number; text: string },
  operation: Operation,
  { headers }: MutatedRequest,
): string | undefined {
  // A caller that gives a deadline nobody can keep is told so.
  const hurried = status === 503 && headers['x-request-timeout-ms'] !== undefined
  if (status >= 500 && !hurried) return `${status} ${text.slice(0, 200)}`
  const validator = operation.validatorOf(status)
  if (validator === undefined) return always.includes(status) ? undefined : `${status} is not documented`
  if (validator === 'empty' || text === '' || validator(parsed(text))) return undefined
  return `${status} does not match its schema: ${text.slice(0, 200)}`
}

/** What is no JSON matches no schema. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function memoryOf(replica: Replica): Promise<number> {
  return Number(/^process_resident_memory_bytes ([0-9.e+]+)/m.exec(await scrape(replica))?.[1] ?? 0)
}
