import { mkdir, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { type Arm, startArm } from './lib/arm.ts'
import { closedLoop } from './lib/closed-loop.ts'
import { median } from './lib/median.ts'
import { hasNginx, startNginx } from './lib/nginx.ts'

/** The claim: gateway spends at most three times the CPU of nginx on a GET that it passes through, with metrics, deadline, limits and breaker on. */
const targetRatio = 3
const path = '/hello'
const connections = 16
/** The kernel counts a process' CPU in hundredths of a second: a slice must be many of them. */
const sliceRequests = 10_000

const help = `Usage: npm run bench -- gateway [--rounds 5] [--slices 4]

CPU per passed-through GET of services/gateway over nginx (one worker, kept connections, no log) and a bare node:http + undici hop,
before the same upstream, measured in turn, and what each of its features adds. Needs nginx on the PATH.
`
const names = ['nginx', 'hop', 'lean hop', 'kit', 'gateway without rate limit', 'gateway'] as const
type Name = (typeof names)[number]
/** What an arm has that the one before it has not. */
const added: Partial<Record<Name, string>> = {
  'lean hop': "kit's pool of connections, instead of undici's request",
  kit: 'metrics, deadlines, limits, trace context, logs',
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
  const rounds: Record<Name, number>[] = []
  for (let round = 1; round <= Number(values.rounds); round++) {
    const costs = await measureRound(Number(values.slices))
    rounds.push(costs)
    process.stderr.write(`round ${round}: ${names.map((name) => `${name} ${costs[name].toFixed(1)}`).join(', ')} us per request\n`)
  }
  await report(rounds)
}

async function measureRound(slices: number): Promise<Record<Name, number>> {
  const upstream = await startArm(new URL('./arms/raw-http.ts', import.meta.url), path)
  const running = new Map<Name, Arm>()
  const spent = new Map<Name, number>()
  try {
    running.set('nginx', await startNginx(path, upstream.port))
    const startHop = (file: string) => startArm(new URL(file, import.meta.url), path, { UPSTREAM_PORT: String(upstream.port) })
    running.set('hop', await startHop('./arms/hop.ts'))
    running.set('lean hop', await startHop('./arms/lean-hop.ts'))
    running.set('kit', await startHop('./arms/kit-hop.ts'))
    running.set('gateway without rate limit', await startGateway(upstream.port, '0'))
    running.set('gateway', await startGateway(upstream.port, '10000000'))
    for (const { port } of running.values()) await closedLoop({ port, path, requests: 3 * sliceRequests, connections })
    for (let slice = 0; slice < slices; slice++)
      for (const [name, arm] of running) {
        const before = await arm.cpuUs()
        await closedLoop({ port: arm.port, path, requests: sliceRequests, connections })
        spent.set(name, (spent.get(name) ?? 0) + (await arm.cpuUs()) - before)
      }
  } finally {
    for (const arm of [...running.values(), upstream]) await arm.stop()
  }
  return Object.fromEntries([...spent].map(([name, us]) => [name, us / (slices * sliceRequests)])) as Record<Name, number>
}

function startGateway(upstreamPort: number, rateLimit: string): Promise<Arm> {
  const upstream = `http://127.0.0.1:${upstreamPort}`
  const peers = Object.fromEntries(['CATALOG', 'INVENTORY', 'ORDERS', 'HELLO'].map((peer) => [`${peer}_URL`, upstream]))
  return startArm(new URL('../services/gateway/main.ts', import.meta.url), path, { ...peers, RATE_LIMIT_MAX: rateLimit })
}

async function report(rounds: Record<Name, number>[]): Promise<void> {
  const rows = names.map((name) => {
    const ratios = rounds.map((costs) => costs[name] / costs.nginx)
    const cpuUsPerRequest = median(rounds.map((costs) => costs[name]))
    return { arm: name, cpuUsPerRequest, ratio: median(ratios), ratioMin: Math.min(...ratios), ratioMax: Math.max(...ratios) }
  })
  for (const { arm, cpuUsPerRequest, ratio, ratioMin, ratioMax } of rows)
    process.stdout.write(
      `${arm.padEnd(28)}${cpuUsPerRequest.toFixed(1).padStart(8)} us  ${ratio.toFixed(2)} of nginx (${ratioMin.toFixed(2)}-${ratioMax.toFixed(2)})\n`,
    )
  for (const [index, { arm, cpuUsPerRequest }] of rows.entries()) {
    const before = rows[index - 1]
    if (added[arm] === undefined || before === undefined) continue
    process.stdout.write(`${added[arm]}: ${(cpuUsPerRequest - before.cpuUsPerRequest).toFixed(1)} us\n`)
  }
  const ratio = rows.find(({ arm }) => arm === 'gateway')?.ratio ?? Number.NaN
  process.stdout.write(`gateway / nginx ${ratio.toFixed(2)}, target <= ${targetRatio}: ${ratio <= targetRatio ? 'met' : 'missed'}\n`)
  await mkdir('out/bench', { recursive: true })
  await writeFile('out/bench/gateway.json', `${JSON.stringify({ name: 'gateway', targetRatio, rows, rounds }, undefined, 2)}\n`)
}
