import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import { parseArgs, promisify } from 'node:util'
import pg from 'pg'
import { startPostgres } from '../tools/local/postgres.ts'
import { median } from './lib/median.ts'
import { type Reserver, reservers } from './lib/reservers.ts'

/** The claim: on one hot tier, batched reservations do 8x the reservations of one statement each and 15x those of SELECT FOR UPDATE, at a fifth of the latter's p99. */
const targets = { statementRatio: 8, forUpdateRatio: 15, p99Ratio: 0.2 }
type Name = keyof typeof reservers
const names = Object.keys(reservers) as Name[]

const help = `Usage: npm run bench -- inventory [flags]

Reservations per second on one hot tier: services/inventory's batches, one statement each, and SELECT FOR UPDATE, in turn on the same
Postgres with durable commits. After each arm the tier's count, the rows and the acknowledgements must agree.

  --rounds N    rounds (default 3)
  --seconds N   measured seconds per arm and round (default 5), after one second to warm up
  --callers N   callers at a time, with a database connection each (default 64)
`

interface Measurement {
  perS: number
  p50Ms: number
  p99Ms: number
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '5' },
      callers: { type: 'string', default: '64' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return void process.stdout.write(help)
  const settings = { rounds: Number(values.rounds), seconds: Number(values.seconds), callers: Number(values.callers) }
  const postgres = await startPostgres({ dataFolder: 'out/bench/postgres', services: ['inventory'] })
  try {
    const env = postgres.env('inventory')
    await promisify(execFile)(process.execPath, ['services/inventory/migrate.ts'], { env: { ...process.env, ...env } })
    await report(await measureAll(env, settings), settings)
  } finally {
    await postgres.stop()
  }
}

type Settings = Record<'rounds' | 'seconds' | 'callers', number>

async function measureAll(env: Record<string, string>, settings: Settings): Promise<Record<Name, Measurement[]>> {
  const measured: Record<Name, Measurement[]> = { batched: [], statement: [], forUpdate: [] }
  const { PGHOST: host, PGPORT, PGDATABASE: database, PGUSER: user, PGPASSWORD: password } = env
  for (let round = 1; round <= settings.rounds; round++) {
    for (const name of names) {
      process.stderr.write(`round ${round} of ${settings.rounds}: ${name}\n`)
      const pool = new pg.Pool({ host, port: Number(PGPORT), database, user, password, max: settings.callers })
      try {
        await assertDurable(pool)
        measured[name].push(await measure(pool, reservers[name](pool), `${name}-${round}`, settings))
      } finally {
        await pool.end()
      }
    }
  }
  return measured
}

async function assertDurable(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query("SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit")
  if (rows[0].fsync !== 'on' || rows[0].commit !== 'on') throw new Error('commits are not durable here: the figures would say nothing')
}

/** Callers that each reserve, wait for the answer and reserve again. */
async function measure(pool: pg.Pool, reserve: Reserver, tierId: string, { seconds, callers }: Settings): Promise<Measurement> {
  await pool.query("INSERT INTO tiers (id, event_id, stock) VALUES ($1, 'bench', 2000000000)", [tierId])
  let acknowledged = 0
  const latenciesMs: number[] = []
  const startAt = performance.now() + 1000
  const endAt = startAt + seconds * 1000
  const caller = async () => {
    for (let now = performance.now(); now < endAt; ) {
      const sentAt = now
      if (!(await reserve({ id: randomUUID(), eventId: 'bench', tierId }))) throw new Error('a reservation that fits was refused')
      acknowledged++
      now = performance.now()
      if (sentAt >= startAt && now < endAt) latenciesMs.push(now - sentAt)
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  await assertExact(pool, tierId, acknowledged)
  latenciesMs.sort((a, b) => a - b)
  const quantile = (q: number) => latenciesMs[Math.floor(latenciesMs.length * q)] ?? Number.NaN
  return { perS: latenciesMs.length / seconds, p50Ms: quantile(0.5), p99Ms: quantile(0.99) }
}

async function assertExact(pool: pg.Pool, tierId: string, acknowledged: number): Promise<void> {
  const text = 'SELECT held, (SELECT count(*)::int FROM holds WHERE tier_id = $1) AS holds FROM tiers WHERE id = $1'
  const { held, holds } = (await pool.query(text, [tierId])).rows[0]
  if (held !== acknowledged || holds !== acknowledged)
    throw new Error(`${tierId}: ${acknowledged} acknowledged, ${holds} rows, ${held} counted as held`)
}

async function report(measured: Record<Name, Measurement[]>, settings: Settings): Promise<void> {
  process.stdout.write('arm          reservations/s     p50 ms     p99 ms\n')
  for (const name of names) {
    const column = (key: keyof Measurement, digits: number) => median(measured[name].map((one) => one[key])).toFixed(digits)
    process.stdout.write(
      `${name.padEnd(12)}${column('perS', 0).padStart(15)}${column('p50Ms', 2).padStart(11)}${column('p99Ms', 2).padStart(11)}\n`,
    )
  }
  // Ratios within a round, so that what else the machine does weighs on both sides.
  const ratio = (key: keyof Measurement, other: Name) =>
    median(measured.batched.map((one, round) => one[key] / (measured[other][round]?.[key] ?? Number.NaN)))
  const results = [
    { name: 'batched / statement', value: ratio('perS', 'statement'), target: targets.statementRatio, atLeast: true },
    { name: 'batched / forUpdate', value: ratio('perS', 'forUpdate'), target: targets.forUpdateRatio, atLeast: true },
    { name: 'p99 batched / forUpdate', value: ratio('p99Ms', 'forUpdate'), target: targets.p99Ratio, atLeast: false },
  ].map((result) => ({ ...result, met: result.atLeast ? result.value >= result.target : result.value <= result.target }))
  for (const { name, value, target, atLeast, met } of results)
    process.stdout.write(`${name} ${value.toFixed(2)}, target ${atLeast ? '>=' : '<='} ${target}: ${met ? 'met' : 'missed'}\n`)
  process.stdout.write('stock exact after every arm: tier, rows and acknowledgements agree\n')
  await mkdir('out/bench', { recursive: true })
  const result = { name: 'inventory', node: process.version, settings, targets, results, measured }
  await writeFile('out/bench/inventory.json', `${JSON.stringify(result, undefined, 2)}\n`)
}
