import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { drive } from '../tools/counted-work/drive.ts'
import { startBalancer } from '../tools/local/balancer.ts'
import { cpuTimesS } from '../tools/local/cpu-time.ts'
import { Replica } from '../tools/local/replica.ts'

/** The claim: n replicas under the emulated CPU limit give at least 0.9 n times the good answers of one. */
const limitMillicores = 200
const shareMin = 0.9
/** Above quota / cost the limit was not kept, and the measurement says nothing; the rest is the carried debt of a short window. */
const quotaSlack = 1.05
const workload = new URL('../tools/counted-work/main.ts', import.meta.url)

interface Row {
  arm: string
  replicas: number
  goodPerS: number
  /** Share of replicas x the one-replica figure. */
  share: number
  cpuUsMean: number
  /** CPU used by all replicas, in millicores, user and system. */
  usedMillicores: number
}

/** One measurement: so many replicas behind one balancer, asked by closed-loop clients. */
async function measure(arm: string, replicas: number, limit: number, logs: string): Promise<Omit<Row, 'share'>> {
  const balancer = await startBalancer()
  const started = await Promise.all(Array.from({ length: replicas }, (_, i) => startReplica(`${arm}-${replicas}-${i}`, limit, logs)))
  try {
    balancer.setEndpoints(started.map(({ port }) => ({ port })))
    const pids = started.map(({ pid }) => pid as number)
    const cpuS = async () => [...(await cpuTimesS(pids)).values()].reduce((sum, value) => sum + value, 0)
    // Four connections a replica, so that the random choice of a replica per connection evens out while they age.
    const driving = drive(balancer.url, { connections: replicas * 4, warmUpS: 3, seconds: 10 })
    await new Promise((resolve) => setTimeout(resolve, 3000))
    const before = { cpuS: await cpuS(), atMs: performance.now() }
    const result = await driving
    const usedMillicores = ((await cpuS()) - before.cpuS) / ((performance.now() - before.atMs) / 1e6)
    return { arm, replicas, goodPerS: result.goodPerS, cpuUsMean: result.cpuUsMean, usedMillicores }
  } finally {
    for (const replica of started) replica.kill()
    await balancer.close()
  }
}

async function startReplica(name: string, limit: number, logs: string): Promise<Replica> {
  return await new Promise((resolve, reject) => {
    Replica.start({
      name,
      main: workload,
      env: { LOG_LEVEL: 'warn', WORK_ITERATIONS: '800000' },
      cpuLimitMillicores: limit,
      logFile: join(logs, `${name}.log`),
      onChange: (replica) => {
        if (replica.state === 'ready') resolve(replica)
        else if (replica.failure) reject(new Error(`${name} ${replica.failure}: see ${logs}`))
      },
    }).catch(reject)
  })
}

const help = `Usage: npm run bench -- capacity

Counted work at 1, 2 and 4 replicas behind one balancer, with the emulated CPU limit and, as the naive arm, without: about 90 seconds.
`

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { help: { type: 'boolean', short: 'h' } } })
  if (values.help) return void process.stdout.write(help)
  const logs = mkdtempSync(join(tmpdir(), 'headroom-capacity-'))
  // The naive arm: without a limit the replicas share the machine's cores, and more of them are not more capacity.
  const rows = [...(await runArm('limited', limitMillicores, logs)), ...(await runArm('no limit', 0, logs))]
  rmSync(logs, { recursive: true })
  judge(rows)
}

async function runArm(arm: string, limit: number, logs: string): Promise<Row[]> {
  const rows: Row[] = []
  for (const replicas of [1, 2, 4]) {
    const row = await measure(arm, replicas, limit, logs)
    rows.push({ ...row, share: row.goodPerS / (replicas * (rows[0] ?? row).goodPerS) })
    process.stderr.write(`${arm}, ${replicas} replicas: ${row.goodPerS.toFixed(1)} good answers/s\n`)
  }
  return rows
}

function judge(rows: Row[]): void {
  const limited = rows.filter(({ arm }) => arm === 'limited')
  const beyondQuota = limited.filter(
    ({ replicas, goodPerS, cpuUsMean }) => goodPerS * cpuUsMean > replicas * limitMillicores * 1000 * quotaSlack,
  )
  const holds = beyondQuota.length === 0 && limited.every(({ share }) => share >= shareMin)
  process.stdout.write(`${['arm        replicas  good/s   share  work CPU us  used millicores', ...rows.map(line)].join('\n')}\n`)
  if (beyondQuota.length > 0)
    process.stdout.write(
      `failed measurement: more than quota / cost at ${beyondQuota.map(({ replicas }) => replicas).join(', ')} replicas\n`,
    )
  process.stdout.write(`${holds ? 'pass' : 'FAIL'}  each share of the limited arm at least ${shareMin}\n`)
  mkdirSync('out/bench', { recursive: true })
  writeFileSync('out/bench/capacity.json', `${JSON.stringify({ limitMillicores, shareMin, rows, holds }, null, 2)}\n`)
  process.exitCode = holds ? 0 : 1
}

function line({ arm, replicas, goodPerS, share, cpuUsMean, usedMillicores }: Row): string {
  return [
    arm.padEnd(10),
    String(replicas).padStart(8),
    goodPerS.toFixed(1).padStart(7),
    share.toFixed(3).padStart(7),
    cpuUsMean.toFixed(0).padStart(12),
    usedMillicores.toFixed(0).padStart(16),
  ].join(' ')
}
