import t from 'tap'
import { progressLine, showProgress } from '../progress.ts'
import type { Sample, Summary } from '../results.ts'
import { summaryText } from '../summary-text.ts'
import { warningsOf } from '../warnings.ts'

const COUNTS = { offered: 50, ok: 40, refused: 1, limited: 2, shed: 3, failed: 4 }
const LATENCY = { p50: 1.25, p95: 20, p99: 30, max: null }
const SLICE = { requests: COUNTS, orders: { attempted: 7, confirmed: 6 }, latencyMs: LATENCY }
const SUMMARY: Summary = {
  ...SLICE,
  target: 'http://h',
  startedAt: '2026-01-01T00:00:00.000Z',
  durationS: 2,
  endedEarly: 'SIGINT',
  arrivals: 'poisson',
  seed: 1,
  stages: [],
  byStage: [{ name: 'calm', durationS: 2, ratePerS: 25, ...SLICE }],
  byJourney: { order: SLICE },
  refusals: { sold_out: 1 },
  sheddings: { overloaded: 3 },
  failures: { timeout: 4 },
  connections: { opened: 1, max: 1, reconnects: 0 },
  schedule: { sent: 50, lateOver5ms: 0, lateRatio: 0, maxLateMs: 1, waitedForConnection: 0 },
  warnings: ['slow'],
}

const SAMPLE: Sample = {
  ...COUNTS,
  t: 30,
  atMs: 0,
  stage: 'surge',
  sent: 50,
  p50Ms: 1,
  p95Ms: 2,
  p99Ms: 35.4,
  maxMs: 40,
  inFlight: 9,
  connections: 64,
  lateOver5ms: 0,
  orders: { attempted: 0, confirmed: 0 },
}

t.test('the summary for people', async (t) => {
  const lines = summaryText(SUMMARY).split('\n')
  t.equal(lines[0], 'http://h for 2 s, ended early: SIGINT')
  t.match(lines[2], /^calm +50 +40 +1 +2 +3 +4 +1\.3 +20\.0 +30\.0 +-$/)
  t.match(lines[3], /^ {2}order +50/)
  t.match(lines[4], /^all +50/)
  t.same(lines.slice(5), [
    'orders: 7 attempted, 6 confirmed',
    'refused 1: sold_out',
    'shed 3: overloaded',
    'failed 4: timeout',
    'warning: slow',
    '',
  ])
  t.ok(summaryText({ ...SUMMARY, onTime: { withinMs: 250, ok: 30 } }).includes('\ngranted within 250 ms: 30\n'))
  t.equal(new Set(lines.slice(1, 5).map((line) => line.length)).size, 1, 'columns line up')
})

t.test('progress of one second', async (t) => {
  const line = progressLine(SAMPLE, 120)
  t.equal(
    line,
    'surge    [######..................] 30/120 s  offered 50/s  ok 40  refused 1  limited 2  shed 3  FAILED 4  p99 35 ms  in flight 9',
  )
  t.match(
    progressLine({ ...SAMPLE, shed: 0, failed: 0, refused: 0, limited: 0, p99Ms: null, t: 125 }, 120),
    /\[#{24}\] 125\/120 s {2}offered 50\/s {2}ok 40 {2}p99 -/,
  )
})

t.test('progress is written over itself, no wider than the terminal', async (t) => {
  const calls: unknown[] = []
  const note = (name: string) => (value: unknown) => calls.push([name, value]) > 0
  const terminal = { columns: 40, cursorTo: note('cursorTo'), write: note('write'), clearLine: note('clearLine') }
  showProgress(terminal, SAMPLE, 120)
  t.same(calls, [
    ['cursorTo', 0],
    ['write', progressLine(SAMPLE, 120).slice(0, 39)],
    ['clearLine', 1],
  ])
})

t.test('warnings about the generator itself', async (t) => {
  const good = { sent: 100, lateOver5ms: 1, lateRatio: 0.01, maxLateMs: 6, waitedForConnection: 0 }
  t.same(warningsOf(good, 64), [])
  t.match(warningsOf({ ...good, lateRatio: 0.031 }, 64), [/^the schedule was not kept: 3\.1 % .*at most 6 ms/])
  t.match(warningsOf({ ...good, waitedForConnection: 5 }, 64), [/^5 requests waited for one of 64 connections/])
})
