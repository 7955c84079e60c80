import { mkdir, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { type Arm, startArm } from './lib/arm.ts'
import { closedLoop } from './lib/closed-loop.ts'
import { divideCores } from './lib/cores.ts'
import { median } from './lib/median.ts'
import { doTheSame, hasNginx, passOn, startNginx } from './lib/nginx.ts'

/** The claim: gateway spends at most three times the CPU of nginx doing the same on a GET that it passes through. */
const targetRatio = 3
const path = '/hello'
const connections = 16
/** The kernel counts a process' CPU in hundredths of a second: a slice must be many of them. */
const sliceRequests = 20_000
const warmUpRequests = 40_000

const help = `Usage: npm run bench -- gateway [--rounds 5] [--slices 4]

CPU per passed-through GET of services/gateway over nginx doing the same (metrics, trace context, deadline, limits, balancing, retries,
security headers), before the same upstream, measured in turn, and what each of its features adds to a bare node:http + undici hop.
Client and upstream have one core, what is measured another. Needs nginx on the PATH.
`
const names = ['nginx passing on', 'nginx doing the same', 'bare hop', 'lean hop', 'kit', 'gateway without rate limit', 'gateway'] as const
type Name = (typeof names)[number]
/** Microseconds of CPU per request. */
type Costs = ReadonlyMap<Name, number>
const usOf = (costs: Costs, name: Name) => costs.get(name) ?? Number.NaN
/** What an arm has that the one before it has not. */
const added: Partial<Record<Name, string>> = {
  'lean hop': "kit's pool, instead of undici's request",
  kit: 'contract (metrics, deadlines, limits, trace context, logs)',
  'gateway without rate limit': 'breaker, retries, security headers',
  gateway: 'rate limit',
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      slices: { type: 'string', default: '4' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return void process.stdout.write(help)
  if (!hasNginx()) throw new Error('nginx is not on the PATH: install it (Debian: apt-get install nginx-light)')
  const moveToOwnCore = divideCores()
  const rounds: Costs[] = []
  for (let round = 1; round <= Number(values.rounds); round++) {
    const costs = await measureRound(Number(values.slices), moveToOwnCore)
    rounds.push(costs)
    process.stderr.write(`round ${round}: ${names.map((name) => `${name} ${usOf(costs, name).toFixed(1)}`).join(', ')} us per request\n`)
  }
  await report(rounds)
}

async function measureRound(slices: number, moveToOwnCore: (pid: number) => void): Promise<Costs> {
  const upstream = await startArm(new URL('./arms/raw-http.ts', import.meta.url), path)
  const running = new Map<Name, Arm>()
  try {
    const gateway = await startGateway(upstream.port, '10000000')
    running.set('gateway', gateway)
    running.set('gateway without rate limit', await startGateway(upstream.port, '0'))
    const headers = await headersAdded(gateway, upstream)
    running.set('nginx passing on', await startNginx(path, () => passOn(upstream.port)))
    running.set('nginx doing the same', await startNginx(path, (folder) => doTheSame(upstream.port, folder, headers)))
    const startHop = (file: string) => startArm(new URL(file, import.meta.url), path, { UPSTREAM_PORT: String(upstream.port) })
    running.set('bare hop', await startHop('./arms/hop.ts'))
    running.set('lean hop', await startHop('./arms/lean-hop.ts'))
    running.set('kit', await startHop('./arms/kit-hop.ts'))
    for (const { pid } of running.values()) moveToOwnCore(pid)
    return await measureSlices(running, slices)
  } finally {
    for (const arm of [...running.values(), upstream]) await arm.stop()
  }
}

/** Every arm warmed up, then all in turn, one slice after another. An arm's cost is the median of its slices. */
async function measureSlices(arms: ReadonlyMap<Name, Arm>, slices: number): Promise<Costs> {
  const costs = new Map<Name, number[]>(names.map((name) => [name, []]))
  for (const { port } of arms.values()) await closedLoop({ port, path, requests: warmUpRequests, connections })
  for (let slice = 0; slice < slices; slice++)
    for (const [name, { port, cpuUs }] of arms) {
      const before = await cpuUs()
      await closedLoop({ port, path, requests: sliceRequests, connections })
      costs.get(name)?.push(((await cpuUs()) - before) / sliceRequests)
    }
  return new Map([...costs].map(([name, us]) => [name, median(us)]))
}

function startGateway(upstreamPort: number, rateLimit: string): Promise<Arm> {
  const upstream = `http://127.0.0.1:${upstreamPort}`
  const peers = Object.fromEntries(['CATALOG', 'INVENTORY', 'ORDERS', 'HELLO'].map((peer) => [`${peer}_URL`, upstream]))
  return startArm(new URL('../services/gateway/main.ts', import.meta.url), path, { ...peers, RATE_LIMIT_MAX: rateLimit })
}

/** What gateway's replies carry beside the upstream's own headers. */
async function headersAdded(gateway: Arm, upstream: Arm): Promise<[string, string][]> {
  const headersOf = async ({ port }: Arm) => (await fetch(`http://127.0.0.1:${port}${path}`)).headers
  const own = await headersOf(upstream)
  return [...(await headersOf(gateway))].filter(([name]) => !own.has(name))
}

async function report(rounds: Costs[]): Promise<void> {
  const ratiosTo = (base: Name, name: Name) => rounds.map((costs) => usOf(costs, name) / usOf(costs, base))
  const rows = names.map((name) => {
    const ratios = ratiosTo('nginx doing the same', name)
    return {
      arm: name,
      cpuUsPerRequest: median(rounds.map((costs) => usOf(costs, name))),
      ratio: median(ratios),
      ratioMin: Math.min(...ratios),
      ratioMax: Math.max(...ratios),
      ratioToPassingOn: median(ratiosTo('nginx passing on', name)),
    }
  })
  process.stdout.write(`${''.padEnd(28)}us/request   of nginx doing the same   of nginx passing on\n`)
  for (const { arm, cpuUsPerRequest, ratio, ratioMin, ratioMax, ratioToPassingOn } of rows) {
    const spread = `${ratio.toFixed(2)} (${ratioMin.toFixed(2)}-${ratioMax.toFixed(2)})`
    process.stdout.write(
      `${arm.padEnd(28)}${cpuUsPerRequest.toFixed(1).padStart(10)}${spread.padStart(26)}${ratioToPassingOn.toFixed(2).padStart(22)}\n`,
    )
  }
  for (const [index, { arm, cpuUsPerRequest }] of rows.entries()) {
    const before = rows[index - 1]
    if (added[arm] === undefined || before === undefined) continue
    process.stdout.write(`${added[arm]}: ${(cpuUsPerRequest - before.cpuUsPerRequest).toFixed(1)} us\n`)
  }
  const ratio = rows.find(({ arm }) => arm === 'gateway')?.ratio ?? Number.NaN
  const met = ratio <= targetRatio
  process.stdout.write(`gateway / nginx doing the same ${ratio.toFixed(2)}, target <= ${targetRatio}: ${met ? 'met' : 'missed'}\n`)
  await mkdir('out/bench', { recursive: true })
  const result = { name: 'gateway', node: process.version, targetRatio, rows, rounds: rounds.map((costs) => Object.fromEntries(costs)) }
  await writeFile('out/bench/gateway.json', `${JSON.stringify(result, undefined, 2)}\n`)
}
