import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Balancer, startBalancer } from '../tools/local/balancer.ts'
import { Replica } from '../tools/local/replica.ts'
import { closedLoop } from './lib/closed-loop.ts'
import { median } from './lib/median.ts'

/** The claim: a new replica gets at least 0.8 of its fair share within 2 s of ready, without an error, at 0.9 of the throughput of connections kept forever. */
const shareMin = 0.8
const throughputMin = 0.9
const connections = 48
const slices = 6
const sliceMs = 3000
const hello = new URL('../services/hello/main.ts', import.meta.url)

/** A fleet behind its own balancer, whose connections live as long as `env` says. */
class Arm {
  readonly name: string
  readonly #env: Record<string, string>
  readonly #logs: string
  readonly #balancer: Balancer
  readonly #replicas: Replica[] = []
  errors = 0
  /** Requests the newcomer got in the third to sixth second after it was ready, over a third of all. */
  fairShare = Number.NaN
  requestsPerS: number[] = []

  constructor(name: string, env: Record<string, string>, logs: string, balancer: Balancer) {
    this.name = name
    this.#env = env
    this.#logs = logs
    this.#balancer = balancer
  }

  /** A third replica joins two under load. */
  async rebalance(): Promise<void> {
    await this.#add()
    await this.#add()
    await this.#underLoad(async () => {
      await delay(4000)
      await this.#add()
      await delay(2000)
      const before = await this.#requests()
      await delay(4000)
      const got = (await this.#requests()).map((count, index) => count - (before[index] ?? 0))
      this.fairShare = (got[2] ?? 0) / (sum(got) / 3)
    })
  }

  /** All three at work from the first connection on, in both arms: what the ending of connections costs, and not what a third process does. */
  async slice(): Promise<void> {
    await this.#underLoad(async () => {
      await delay(500)
      const [before, startedAtMs] = [sum(await this.#requests()), performance.now()]
      await delay(sliceMs)
      this.requestsPerS.push(((sum(await this.#requests()) - before) * 1000) / (performance.now() - startedAtMs))
    })
  }

  async stop(): Promise<void> {
    for (const replica of this.#replicas) replica.kill()
    await this.#balancer.close()
  }

  async #underLoad(act: () => Promise<void>): Promise<void> {
    const end = new AbortController()
    const load = closedLoop({ port: this.#balancer.port, path: '/hello', connections, signal: end.signal }).catch(() => this.errors++)
    try {
      await act()
    } finally {
      end.abort()
      await load
    }
  }

  async #add(): Promise<void> {
    const name = `${this.name.replaceAll(' ', '-')}-${this.#replicas.length}`
    this.#replicas.push(await startReplica(name, this.#env, this.#logs))
    this.#balancer.setEndpoints(this.#replicas.map(({ port }) => ({ port })))
  }

  #requests(): Promise<number[]> {
    return Promise.all(this.#replicas.map(requestsOf))
  }
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0)
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
as the naive arm, with connections kept for as long as the client likes. Then the throughput of both, three replicas each, in turn.
It takes about a minute.
`

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { help: { type: 'boolean', short: 'h' } } })
  if (values.help) return void process.stdout.write(help)
  const logs = mkdtempSync(join(tmpdir(), 'headroom-rebalance-'))
  const aged = new Arm('connections end after 1-3 s', {}, logs, await startBalancer())
  const kept = new Arm('connections kept forever', { CONNECTION_MAX_AGE_MS: '3600000' }, logs, await startBalancer())
  try {
    for (const arm of [aged, kept]) await arm.rebalance()
    for (let slice = 0; slice < slices; slice++) for (const arm of [aged, kept]) await arm.slice()
  } finally {
    for (const arm of [aged, kept]) await arm.stop()
  }
  rmSync(logs, { recursive: true })
  report(aged, kept)
}

function report(aged: Arm, kept: Arm): void {
  const results = [aged, kept].map(({ name, fairShare, errors, requestsPerS }) => ({
    arm: name,
    fairShare,
    errors,
    requestsPerS: median(requestsPerS),
  }))
  const throughput = median(aged.requestsPerS.map((perS, slice) => perS / (kept.requestsPerS[slice] ?? Number.NaN)))
  const holds = aged.fairShare >= shareMin && aged.errors === 0 && throughput >= throughputMin
  const lines = results.map(
    ({ arm, fairShare, requestsPerS, errors }) =>
      `${arm.padEnd(30)} ${fairShare.toFixed(2).padStart(10)} ${requestsPerS.toFixed(0).padStart(11)} ${String(errors).padStart(7)}`,
  )
  process.stdout.write(`${'arm'.padEnd(30)} fair share  requests/s  errors\n${lines.join('\n')}\n`)
  const found = `throughput ${throughput.toFixed(2)} >= ${throughputMin} of kept forever, the median of ${slices} slices in turn`
  process.stdout.write(`${holds ? 'pass' : 'FAIL'}  fair share >= ${shareMin}, no error, ${found}\n`)
  mkdirSync('out/bench', { recursive: true })
  writeFileSync('out/bench/rebalance.json', `${JSON.stringify({ shareMin, throughputMin, throughput, results, holds }, null, 2)}\n`)
  process.exitCode = holds ? 0 : 1
}
