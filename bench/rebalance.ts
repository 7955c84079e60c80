import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startBalancer } from '../tools/local/balancer.ts'
import { Replica } from '../tools/local/replica.ts'
import { closedLoop } from './lib/closed-loop.ts'

/** The claim: a new replica gets at least 0.8 of its fair share within 2 s of ready, without an error, at 0.9 of the throughput of connections kept forever. */
const shareMin = 0.8
const throughputMin = 0.9
const connections = 48
const hello = new URL('../services/hello/main.ts', import.meta.url)
/** More than are asked for while it is measured: the load ends with the replicas. */
const requestsPerArm = 1_000_000

interface Result {
  arm: string
  /** Requests the newcomer got in the third and fourth second after it was ready, over a third of all. */
  fairShare: number
  requestsPerS: number
  errors: number
}

const arms: Record<string, Record<string, string>> = {
  'connections end after 1-3 s': {},
  'connections kept forever': { CONNECTION_MAX_AGE_MS: '3600000' },
}

async function measure(arm: string, env: Record<string, string>, logs: string): Promise<Result> {
  const balancer = await startBalancer()
  const replicas: Replica[] = []
  const add = async () => {
    const name = `${arm.replaceAll(' ', '-')}-${replicas.length}`
    replicas.push(await startReplica(name, env, logs))
    balancer.setEndpoints(replicas.map(({ port }) => ({ port })))
  }
  try {
    await add()
    await add()
    let errors = 0
    // It ends with the replicas: the last errors are the end's.
    let ending = false
    const load = closedLoop({ port: balancer.port, path: '/hello', requests: requestsPerArm, connections }).catch(() => {
      if (!ending) errors++
    })
    await delay(4000)
    await add()
    await delay(2000)
    const before = await Promise.all(replicas.map(requestsOf))
    const startedAtMs = performance.now()
    await delay(4000)
    const seconds = (performance.now() - startedAtMs) / 1000
    const got = (await Promise.all(replicas.map(requestsOf))).map((count, index) => count - (before[index] ?? 0))
    const all = got.reduce((sum, count) => sum + count, 0)
    ending = true
    for (const replica of replicas) replica.kill()
    await load
    return { arm, fairShare: (got[2] ?? 0) / (all / 3), requestsPerS: all / seconds, errors }
  } finally {
    for (const replica of replicas) replica.kill()
    await balancer.close()
  }
}

async function requestsOf({ opsPort }: Replica): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text()
  return Number(/^http_server_requests_total (\d+)/m.exec(text)?.[1])
}

async function startReplica(name: string, env: Record<string, string>, logs: string): Promise<Replica> {
  return await new Promise((resolve, reject) => {
    Replica.start({
      name,
      main: hello,
      env: { LOG_LEVEL: 'warn', ...env },
      cpuLimitMillicores: 0,
      logFile: join(logs, `${name}.log`),
      onChange: (replica) => {
        if (replica.state === 'ready') resolve(replica)
        else if (replica.failure && replica.readyAtMs === undefined) reject(new Error(`${name} ${replica.failure}: see ${logs}`))
      },
    }).catch(reject)
  })
}

const help = `Usage: npm run bench -- rebalance

A third replica joins two under closed-loop load on kept-alive connections; once with connections that end after a jittered age, once,
as the naive arm, with connections kept for as long as the client likes: about 30 seconds.
`

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { help: { type: 'boolean', short: 'h' } } })
  if (values.help) return void process.stdout.write(help)
  const logs = mkdtempSync(join(tmpdir(), 'headroom-rebalance-'))
  const results: Result[] = []
  for (const [arm, env] of Object.entries(arms)) results.push(await measure(arm, env, logs))
  rmSync(logs, { recursive: true })
  const [aged, kept] = results as [Result, Result]
  const holds = aged.fairShare >= shareMin && aged.errors === 0 && aged.requestsPerS >= throughputMin * kept.requestsPerS
  const lines = results.map(
    ({ arm, fairShare, requestsPerS, errors }) =>
      `${arm.padEnd(30)} ${fairShare.toFixed(2).padStart(10)} ${requestsPerS.toFixed(0).padStart(11)} ${String(errors).padStart(7)}`,
  )
  process.stdout.write(`${'arm'.padEnd(30)} fair share  requests/s  errors\n${lines.join('\n')}\n`)
  const ratio = (aged.requestsPerS / kept.requestsPerS).toFixed(2)
  process.stdout.write(
    `${holds ? 'pass' : 'FAIL'}  fair share >= ${shareMin}, no error, throughput ${ratio} >= ${throughputMin} of kept forever\n`,
  )
  mkdirSync('out/bench', { recursive: true })
  writeFileSync('out/bench/rebalance.json', `${JSON.stringify({ shareMin, throughputMin, results, holds }, null, 2)}\n`)
  process.exitCode = holds ? 0 : 1
}
