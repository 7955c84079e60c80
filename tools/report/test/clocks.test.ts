import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { clockAheadS, loadDuring } from '../clocks.ts'
import { type LoadLine, loadSecond } from '../load-line.ts'
import { reactionsOf, stagesOf } from '../reaction.ts'
import { type Recording, RecordingWriter, readRecording } from '../recording.ts'
import type { Sample } from '../sample.ts'
import { timelineCsv } from '../timeline.ts'
import { folderOf, synthesize } from './synthetic.ts'

const startedAtMs = Date.parse('2026-11-22T10:00:00.000Z')
/** The load began so much after the recording, and its calm lasts 30 s. */
const loadFromS = 0.207
const calmS = 30

interface Told {
  engine?: 'local' | 'kubernetes'
  /** From the end of a second to its sample. */
  lateS?: (t: number) => number
  /** The load generator's clock less the recording's. */
  aheadS?: number
}

/** The synthetic run as it is recorded from the load generator's lines. */
async function told(t: Test, { engine = 'local', lateS = () => 0.8, aheadS = 0 }: Told): Promise<Recording> {
  const run = synthesize({ engine })
  const path = join(folderOf(t), 'recording.ndjson')
  const writer = await RecordingWriter.open(path, run.header)
  for (const [index, sample] of run.samples.entries()) {
    if (sample.load === null) throw new Error('the synthetic run has load all the while')
    const second = index + 1
    const line: LoadLine = { ...sample.load, t: second, atMs: startedAtMs + (loadFromS + second + aheadS) * 1000 }
    writer.sample({ ...sample, atS: loadFromS + second + lateS(second), load: loadSecond(line, startedAtMs) })
  }
  writer.end(run.end)
  await writer.close()
  return readRecording(path)
}

t.test('the step is where the load began plus its calm, however late its lines are', async (t) => {
  for (const lateS of [() => 0.8, (second: number) => (second % 7) / 8]) {
    const recording = await told(t, { lateS })
    const stages = stagesOf(recording.samples)
    t.match(
      stages.map(({ name, untilS }) => [name, Math.round(untilS * 10) / 10]),
      [
        ['calm', 30.2],
        ['surge', 60.2],
        ['after', 90.2],
      ],
    )
    const [step] = reactionsOf(recording, 1000)
    t.ok(Math.abs((step?.atS ?? 0) - (loadFromS + calmS)) < 0.1, `at ${step?.atS}`)
    t.equal(step?.p99BackS, 6)
  }
})

t.test('lines that come together after a broken connection keep their seconds', async (t) => {
  const lateS = (second: number) => (second > 27 && second < 35 ? 35.5 - second : 0.5)
  const [step] = reactionsOf(await told(t, { engine: 'kubernetes', lateS }), 1000)
  t.ok(Math.abs((step?.atS ?? 0) - (loadFromS + calmS)) < 0.1, `at ${step?.atS}`)
})

t.test("a cluster's clock that is ahead or behind is told and taken out; a line that is late is not one", async (t) => {
  for (const aheadS of [7.5, -4]) {
    const { samples, warnings } = await told(t, { engine: 'kubernetes', aheadS, lateS: () => 0.1 })
    t.ok(Math.abs((stagesOf(samples)[1]?.atS ?? 0) - (loadFromS + calmS)) <= 0.1 + 1e-9)
    t.match(warnings, [aheadS > 0 ? /clock was 7\.4 s ahead of the recording's/ : /clock was 4\.1 s behind the recording's/])
  }
  t.match(await told(t, { engine: 'kubernetes' }), { warnings: [] })
  t.match(await told(t, { engine: 'local', lateS: () => 3 }), { warnings: [] }, 'one machine has one clock')
  t.equal(clockAheadS([]), 0)
})

t.test('a last second that ended early began where the one before ended', async (t) => {
  const { load } = synthesize().samples[0] as Sample & { load: LoadLine }
  t.equal(loadSecond({ ...load, t: 12.25, atMs: startedAtMs + 13_250 }, startedAtMs).atS, 13)
  t.equal(loadSecond({ ...load, t: 12, atMs: startedAtMs + 13_000 }, startedAtMs).atS, 12)
})

t.test('what a moment needs is what was offered in it, which the next sample tells', async (t) => {
  const { samples } = await told(t, {})
  const during = loadDuring(samples)
  t.equal(during[28]?.stage, 'calm')
  t.equal(during[29]?.stage, 'surge', `at ${samples[29]?.atS}`)
  t.equal(samples[29]?.load?.stage, 'calm')
  t.equal(during.at(-1), null, 'nobody told of the second after the last')
  t.match(timelineCsv(samples, []).split('\r\n')[1], /^2\.007,calm,20,.*,0\.207,/)
})

t.test('a recording of version 1, whose samples date their load, is read as it always was', async (t) => {
  const { header, samples } = synthesize()
  const path = join(folderOf(t), 'recording.ndjson')
  const lines = [
    { type: 'header', format: 'headroom-recording', version: 1, ...header },
    ...samples.map((sample) => ({ type: 'sample', ...sample })),
  ]
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  t.match(stagesOf(readRecording(path).samples), [{ atS: 1 }, { name: 'surge', atS: 31 }, {}])
})
