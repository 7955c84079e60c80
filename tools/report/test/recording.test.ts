import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { RecordingWriter, readRecording } from '../recording.ts'
import type { Sample } from '../sample.ts'
import { folderOf, recorded, synthesize } from './synthetic.ts'

const run = synthesize()

/** A file of these lines, each an object or text as it is. */
function fileOf(t: Test, lines: (object | string)[], ending = '\n'): string {
  const path = join(folderOf(t), 'recording.ndjson')
  writeFileSync(path, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n') + ending)
  return path
}

const header = { type: 'header', format: 'headroom-recording', version: 1, ...run.header }
const sample = (atS: number) => ({ type: 'sample', ...(run.samples[0] as Sample), atS })
const end = { type: 'end', ...run.end }

t.test('what was written is read again', async (t) => {
  const folder = await recorded(t, run)
  const recording = readRecording(join(folder, 'recording.ndjson'))
  t.strictSame(recording.header, run.header)
  t.strictSame(recording.samples, run.samples)
  t.strictSame(recording.decisions, run.decisions)
  t.strictSame(recording.end, run.end)
  t.strictSame(recording.warnings, [])
})

t.test('changes of pods are derived from samples, and those that are given are not repeated', async (t) => {
  const path = join(folderOf(t), 'recording.ndjson')
  const writer = await RecordingWriter.open(path, run.header)
  const pods = (...states: [name: string, state: 'starting' | 'ready' | 'draining'][]) =>
    states.map(([name, state]) => ({ name, state, requestsPerS: null, cpuMillicores: null }))
  const at = (atS: number, given: ReturnType<typeof pods> | undefined): Sample => {
    const [first] = run.samples as [Sample]
    return { atS, load: null, services: { orders: { ...(first.services.orders as Sample['services'][string]), pods: given } } }
  }
  writer.sample(at(1, pods(['a', 'ready'])))
  writer.sample(at(2, pods(['a', 'ready'], ['b', 'starting'])))
  writer.pod({ atS: 2.4, service: 'orders', pod: 'b', state: 'ready' })
  writer.sample(at(3, pods(['a', 'draining'], ['b', 'ready'])))
  writer.sample(at(4, undefined))
  writer.sample(at(5, pods(['b', 'ready'])))
  writer.probe({ atS: 5, service: 'orders', pod: 'b', probe: 'liveness', ok: false })
  await writer.close()
  const { pods: changes, probes, samples } = readRecording(path)
  t.strictSame(
    changes.map(({ atS, pod, state }) => `${atS} ${pod} ${state}`),
    ['1 a ready', '2 b starting', '2.4 b ready', '3 a draining', '5 a gone'],
  )
  t.match(probes, [{ pod: 'b', probe: 'liveness' }])
  t.equal(samples.length, 5)
})

t.test('a writer keeps what it has when a line could not be read again, and says so at the end', async (t) => {
  const path = join(folderOf(t), 'recording.ndjson')
  const writer = await RecordingWriter.open(path, run.header)
  const [first] = run.samples as [Sample]
  writer.sample(first)
  writer.sample({ ...first, atS: Number.NaN })
  writer.sample({ ...first, atS: 3 })
  await t.rejects(writer.close(), /the recording is not complete: atS must be a number, 0 or more/)
  t.equal(readRecording(path).samples.length, 1)
})

t.test('a disk that is full ends the recording and not the run', async (t) => {
  if (!existsSync('/dev/full')) return t.comment('only Linux has a device that is always full')
  const writer = await RecordingWriter.open('/dev/full', run.header)
  for (const sample of run.samples) writer.sample(sample)
  await t.rejects(writer.close(), /the recording is not complete: ENOSPC/)
})

t.test('a bad header is refused before the file is touched', async (t) => {
  const path = fileOf(t, ['as it was'])
  await t.rejects(RecordingWriter.open(path, { ...run.header, speed: 0 }), /header of .*: speed must be/)
  const header = structuredClone(run.header)
  Object.assign(header.services.orders ?? {}, { spec: { maxReplicas: 4, metrics: [{ type: 'Resource' }] } })
  await t.rejects(RecordingWriter.open(path, header), /services\.orders\.spec: spec\.metrics\[0\] needs a type/)
  t.equal(readFileSync(path, 'utf8'), 'as it was\n')
})

t.test('a last line that a crash cut off is left out, with a warning that names it', async (t) => {
  const path = fileOf(t, [header, sample(1), JSON.stringify(sample(2)).slice(0, 40)], '')
  const { samples, warnings, end } = readRecording(path)
  t.equal(samples.length, 1)
  t.equal(end, undefined)
  t.match(warnings, [/^line 3 is cut off/, /has no end/])
  const whole = readRecording(fileOf(t, [header, sample(1)], ''))
  t.equal(whole.samples.length, 1, 'a last line that is whole but has no end of line is one')
})

t.test('what cannot be used is refused in a sentence that names the line and the way on', async (t) => {
  const cases: [RegExp, (object | string)[], string?][] = [
    [/is empty: record the run again$/, [], ''],
    [/line 1: it must be the header of a headroom-recording.*; name the recording\.ndjson of a run$/, [{ hello: 1 }]],
    [/line 1: it is not JSON/, ['PK\u0003\u0004']],
    [/line 1: it has version 3 of the format, and this program reads up to 2; use the Headroom that wrote it/, [{ ...header, version: 3 }]],
    [/line 1: version must be 1 or 2/, [{ ...header, version: '1' }]],
    [/line 1: it is not JSON/, [JSON.stringify(header).slice(0, 50)], ''],
    [
      /line 3: it is not JSON; remove line 3 if the rest can be trusted, or record the run again/,
      [header, sample(1), '{"type"', sample(2)],
    ],
    [/line 2: load must be a map/, [header, { ...sample(1), load: 3 }]],
    [
      /line 2: services\.orders\.ready must be a whole number/,
      [header, { ...sample(1), services: { orders: { current: 1, desired: 1 } } }],
    ],
    [
      /line 2: the service stranger is not in the header/,
      [header, { type: 'decision', atS: 1, service: 'stranger', from: 1, to: 2, reason: 'x' }],
    ],
    [/line 2: a "note" has no place here/, [header, { type: 'note' }]],
    [/line 2: a "header" has no place here/, [header, header, sample(1)]],
    [/line 3: its atS 1 is before the 2 of the last sample/, [header, sample(2), sample(1)]],
    [/line 4: it comes after the end/, [header, sample(1), end, sample(2)]],
    [/line 1: the recording ends before its first sample/, [header]],
  ]
  for (const [sentence, lines, ending] of cases)
    t.throws(() => readRecording(fileOf(t, lines, ending)), { name: 'RecordingError', message: sentence })
  t.throws(() => readRecording(join(folderOf(t), 'none.ndjson')), /cannot be read \(ENOENT\): name the folder of a run/)
})
