/** Good answers/s of counted work at 1, 2 and 4 replicas under the emulated CPU limit: each at least 0.9 x replicas x the one-replica figure. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { drive } from '../tools/counted-work/drive.ts'
import { startBalancer } from '../tools/local/balancer.ts'
import { cpuTimesS } from '../tools/local/cpu-time.ts'
import { Replica } from '../tools/local/replica.ts'

const limitMillicores = 200
const shareMin = 0.9
/** Above quota / cost the limit was not kept, and the measurement says nothing; the rest is the carried debt of a short window. */
const quotaSlack = 1.05
const main = new URL('../tools/counted-work/main.ts', import.meta.url)

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
      main,
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

const logs = mkdtempSync(join(tmpdir(), 'headroom-capacity-'))
const rows: Row[] = []
for (const [arm, limit, counts] of [
  ['limited', limitMillicores, [1, 2, 4]],
  // The naive arm: without a limit the replicas share the machine's cores, and more of them are not more capacity.
  ['no limit', 0, [1, 2, 4]],
] as const) {
  let one = 0
  for (const replicas of counts) {
    const row = await measure(arm, replicas, limit, logs)
    if (replicas === 1) one = row.goodPerS
    rows.push({ ...row, share: row.goodPerS / (replicas * one) })
    process.stderr.write(`${arm}, ${replicas} replicas: ${row.goodPerS.toFixed(1)} good answers/s\n`)
  }
}
rmSync(logs, { recursive: true })

const limited = rows.filter(({ arm }) => arm === 'limited')
const beyondQuota = limited.filter(
  ({ replicas, goodPerS, cpuUsMean }) => goodPerS * cpuUsMean > replicas * limitMillicores * 1000 * quotaSlack,
)
const holds = beyondQuota.length === 0 && limited.every(({ share }) => share >= shareMin)
const table = ['arm        replicas  good/s   share  work CPU us  used millicores', ...rows.map(line)]
process.stdout.write(`${table.join('\n')}\n`)
if (beyondQuota.length > 0)
  process.stdout.write(`failed measurement: more than quota / cost at ${beyondQuota.map(({ replicas }) => replicas).join(', ')} replicas\n`)
process.stdout.write(`${holds ? 'pass' : 'FAIL'}  each share of the limited arm at least ${shareMin}\n`)
mkdirSync('out/bench', { recursive: true })
writeFileSync('out/bench/capacity.json', `${JSON.stringify({ limitMillicores, shareMin, rows, holds }, null, 2)}\n`)
process.exitCode = holds ? 0 : 1

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
