import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import t, { type Test } from 'tap'
import { leftOver } from '../tools/local/test/processes.ts'
import { Running } from '../tools/local/test/running.ts'
import type { Analysis } from '../tools/report/analysis.ts'
import { stagesOf } from '../tools/report/reaction.ts'
import { readRecording } from '../tools/report/recording.ts'
import { runReport } from '../tools/report/report.ts'
import { verdictText } from '../tools/report/verdict.ts'

interface Events {
  events: { id: string; tiers: { id: string; priceCents: number }[] }[]
}

const root = new URL('../', import.meta.url)
const schema = JSON.parse(readFileSync(new URL('tools/report/summary.schema.json', root), 'utf8'))
const invariants = ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8']

const reports = ['report.html', 'report.json', 'report.csv']

/** The recording and the report of a run. @returns whether its verdicts hold */
function reported(t: Test, out: string, printed: string): boolean {
  const { header, samples, pods, decisions, end, warnings } = readRecording(join(out, 'recording.ndjson'))
  t.match(header, { engine: 'local', speed: 20, versions: { node: process.versions.node, postgres: /^\d+/ } })
  t.ok((samples[0]?.atS ?? 9) < 3 && (samples.at(-1)?.atS ?? 0) >= 10, 'from the first second to the end')
  t.ok(samples.every(({ services }) => Object.values(services).every((service) => (service.pods?.length ?? 0) >= service.current)))
  t.ok(pods.length >= 7)
  t.strictSame(warnings, [])
  const summary = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'))
  t.strictSame(end?.load.requests, summary.requests)
  for (const [outcome, count] of Object.entries(summary.requests)) {
    const seen = samples.reduce((sum, { load }) => sum + (load?.[outcome as 'offered'] ?? 0), 0)
    t.equal(seen, count, `every second of ${outcome} is recorded once`)
  }
  const [step] = stagesOf(samples).filter(({ name }) => name === 'surge')
  const loadFromS = (Date.parse(summary.startedAt) - Date.parse(header.startedAt)) / 1000
  t.ok(Math.abs((step?.atS ?? 0) - loadFromS - 2) < 0.1, `the surge begins 2 s after the load did at ${loadFromS}, at ${step?.atS}`)
  t.strictSame(end?.invariants, summary.invariants)
  const changes = Object.values(summary.services as Record<string, { decisions: unknown[] }>).flatMap(({ decisions }) => decisions)
  t.equal(decisions.length, changes.length)
  const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Analysis
  t.ok(printed.includes(`${verdictText(report.verdicts)}\n\n${join(out, 'report.html')}\n`), 'its verdicts are printed, and where it is')
  const before = reports.map((name) => readFileSync(join(out, name), 'utf8'))
  const code = runReport([out], { out: () => {}, error: (text) => t.fail(text) })
  t.equal(code, report.holds ? 0 : 1)
  t.strictSame(
    reports.map((name) => readFileSync(join(out, name), 'utf8')),
    before,
    'the same bytes again',
  )
  return report.holds
}

// A short surge, but with everything that belongs to one; on a busy machine it takes longer.
t.setTimeout(180_000)

t.test('the whole on-sale: a surge with nothing lost, a buyer by hand, and an end that leaves nothing', async (t) => {
  const out = t.testdir({})
  // Without CPU limits: they are tested elsewhere, and here they would only make the start slow.
  const flags = '--rate 10 --factor 3 --calm 2 --surge 6 --after 2 --speed 20 --port 0 --no-cpu-limit --keep'
  const main = fileURLToPath(new URL('tools/local/main.ts', root))
  const demo = new Running(t, [main, 'demo', ...flags.split(' '), '--out', out])
  const [, url] = await demo.prints(/ready: curl (\S+)\/hello/)
  await demo.prints(/running until Ctrl-C/)

  const summary = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'))
  const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema)
  t.ok(validate(summary), JSON.stringify(validate.errors))
  const { requests, orders, services } = summary
  t.equal(requests.failed, 0, JSON.stringify(requests))
  t.ok(requests.offered > 100 && orders.confirmed > 0, `${requests.offered} requests, ${orders.confirmed} orders confirmed`)
  t.strictSame(Object.keys(services).sort(), ['catalog', 'gateway', 'hello', 'inventory', 'observer', 'orders', 'payments'])
  t.strictSame(Object.keys(summary.invariants), invariants)
  for (const name of invariants) {
    const { holds, checked } = summary.invariants[name]
    t.ok(holds && checked > 0, `${name} holds for ${checked}`)
  }
  t.match(readFileSync(join(out, 'timeline.csv'), 'utf8'), /^atS,stage,offered,.*\r\n\d/)
  const holds = reported(t, out, demo.stdout)

  t.equal(await (await fetch(`${url}/hello`)).text(), 'Hello World!')
  const { events } = (await (await fetch(`${url}/api/events`)).json()) as Events
  const [event] = events
  if (!event?.tiers[0]) throw new Error('there is nothing to buy')
  const order = { eventId: event.id, tierId: event.tiers[0].id, quantity: 2 }
  const placed = await fetch(`${url}/api/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
    body: JSON.stringify(order),
  })
  t.equal(placed.status, 201)
  const { id } = (await placed.json()) as { id: string }
  const read = await fetch(`${url}/api/orders/${id}`)
  t.match([read.status, await read.json()], [200, { ...order, id, state: 'confirmed', amountCents: 2 * event.tiers[0].priceCents }])

  const { code, tookMs } = await demo.end('SIGINT')
  // So short a surge need not scale anything, and then a limit is missed.
  t.equal(code, holds ? 0 : 1, 'the exit code says whether every limit held')
  t.ok(tookMs < 10_000, `the end took ${Math.round(tookMs)} ms`)
  t.equal(demo.stderr, '')
  t.ok(demo.family.size > 7, `${demo.family.size} processes were seen`)
  t.strictSame(await leftOver(demo.family, out), [], 'no process is left')
  t.notOk(existsSync(join(out, 'postgres', 'data')), 'no database is left')
})
