import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import type { Acknowledgement, Sample, Summary } from '../results.ts'
import { reply, serve, shop } from './helper.ts'

const MAIN = join(import.meta.dirname, '..', 'main.ts')

/** Runs the command; `onLine` sees each line of stdout as it comes. */
async function load(args: readonly string[], onLine: (kill: (signal: NodeJS.Signals) => void) => void = () => undefined) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.once('data', () => onLine((signal) => child.kill(signal)))
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  const lines = stdout.trimEnd().split('\n').filter(Boolean)
  return { lines, stdout, stderr, code: code as number | null }
}

const rows = <Row>(path: string): Row[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

t.test('writes samples, a summary and the acknowledgement log', async (t) => {
  const url = await serve(
    t,
    shop((_, __, confirm) => confirm()),
  )
  const dir = join(t.testdir(), 'out')
  const { code, stdout, stderr } = await load([url, '--rate', '100', '--duration', '1500ms', '--mix', 'order=1,view=1', '--out', dir])
  t.equal(code, 0)
  t.equal(stdout, '')
  t.match(stderr, /orders: \d+ attempted/)
  const summary: Summary = JSON.parse(readFileSync(join(dir, 'load-summary.json'), 'utf8'))
  const samples = rows<Sample>(join(dir, 'load.ndjson'))
  t.equal(
    samples.reduce((sum, { offered }) => sum + offered, 0),
    summary.requests.offered,
  )
  const acks = rows<Acknowledgement>(join(dir, 'acks.ndjson'))
  t.equal(acks.length, summary.orders.attempted)
  t.match(acks[0], { outcome: 'ok', status: 201, state: 'confirmed' })
})

t.test('without a directory everything is on stdout', async (t) => {
  const url = await serve(
    t,
    shop((_, __, confirm) => confirm()),
  )
  const { code, lines } = await load([url, '--rate', '50', '--duration', '400ms', '--mix', 'order=1', '--acks', '-'])
  t.equal(code, 0)
  const parsed = lines.map((line) => JSON.parse(line))
  const summary: Summary = parsed.at(-1).summary
  t.equal(parsed.filter((line) => 'ack' in line).length, summary.orders.attempted)
  t.equal(
    parsed.filter((line) => 't' in line).reduce((sum, { ok }) => sum + ok, 0),
    summary.requests.ok,
  )
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  t.test(`${signal} ends the run early with its summary`, async (t) => {
    const url = await serve(t, (_, response) => reply(response, 200, {}))
    const { code, lines } = await load([url, '--url-path', '/hello', '--duration', '1h'], (kill) => kill(signal))
    t.equal(code, 0)
    const { summary } = JSON.parse(lines.at(-1) ?? '{}') as { summary: Summary }
    t.equal(summary.endedEarly, signal)
    t.ok(summary.requests.offered > 0)
    t.equal(summary.requests.ok, summary.requests.offered)
  })
}

t.test('mistakes in the command', async (t) => {
  const wrong = await load(['http://127.0.0.1:1', '--rate', 'fast'])
  t.same([wrong.code, wrong.stderr], [2, '--rate fast: must be a number above 0\n'])
  const path = await load(['http://127.0.0.1:1/hello'])
  t.equal(path.code, 2)
  t.match(path.stderr, /--url-path \/hello/)
  const help = await load(['--help'])
  t.equal(help.code, 0)
  t.match(help.stdout, /usage: npm run load -- URL/)
})

t.test('a run that cannot be', async (t) => {
  const url = await serve(
    t,
    shop((_, __, confirm) => confirm()),
  )
  const noEvent = await load([url, '--hot-event', 'nobody', '--duration', '1s'])
  t.equal(noEvent.code, 1)
  t.match(noEvent.stderr, /no event "nobody" on sale, there are: aurora-live/)
  const noFile = await load([url, '--duration', '1s', '--acks', join(t.testdir(), 'no', 'acks.ndjson')])
  t.equal(noFile.code, 1)
  t.match(noFile.stderr, /ENOENT/)
})
