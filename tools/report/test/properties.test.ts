import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { analyze } from '../analysis.ts'
import { defaultLimits } from '../limits-file.ts'
import { defaultPolicies } from '../policy.ts'
import { type Recording, RecordingError, readRecording } from '../recording.ts'
import { reportHtml } from '../report-html.ts'
import type { PodSample } from '../sample.ts'
import { folderOf, recorded, synthesize } from './synthetic.ts'

const run = synthesize({ seconds: 6 })

t.test('a file cut or changed anywhere is read or refused, never anything else', async (t) => {
  const folder = await recorded(t, run)
  const bytes = readFileSync(join(folder, 'recording.ndjson'))
  const path = join(folderOf(t), 'recording.ndjson')
  const attempt = () => {
    try {
      return readRecording(path)
    } catch (error) {
      if (error instanceof RecordingError) return undefined
      throw error
    }
  }
  const at = fc.nat(bytes.length - 1)
  fc.assert(
    fc.property(at, fc.nat(255), (index, byte) => {
      const changed = Buffer.from(bytes)
      changed[index] = byte
      writeFileSync(path, changed)
      attempt()
    }),
    { numRuns: 200, seed: 1 },
  )
  fc.assert(
    fc.property(at, (length) => {
      writeFileSync(path, bytes.subarray(0, length))
      const recording = attempt()
      return recording === undefined || recording.end === undefined || length >= bytes.length - 1
    }),
    { numRuns: 200, seed: 1 },
  )
  t.pass()
})

const figure = fc.oneof(fc.constant(0), fc.nat(5), fc.double({ min: 0, max: 1e6, noNaN: true }))
const pods = fc.array(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    state: fc.constantFrom<PodSample['state']>('starting', 'ready', 'draining'),
    requestsPerS: fc.option(figure),
    cpuMillicores: fc.option(figure),
  }),
  { maxLength: 3 },
)
const service = fc.record({
  current: fc.nat(5),
  desired: fc.nat(5),
  ready: fc.nat(5),
  cpuPercent: fc.option(figure),
  targetPercent: fc.option(fc.constant(60)),
  requestsPerS: figure,
  p99Ms: fc.option(figure),
  shedPerS: figure,
  failedPerS: figure,
  pods: fc.option(pods, { nil: undefined }),
})
const count = fc.nat(1000)
const load = fc.record({
  offered: count,
  ok: count,
  refused: count,
  limited: count,
  shed: count,
  failed: count,
  p50Ms: figure,
  p99Ms: figure,
  stage: fc.constantFrom('calm', 'surge'),
})
const sample = fc.record({
  load: fc.option(load),
  services: fc.dictionary(fc.constantFrom('gateway', 'orders', 'hello'), service),
})

t.test('any recording has a report, and no figure of it is not a number', async (t) => {
  fc.assert(
    fc.property(fc.array(sample, { minLength: 1, maxLength: 12 }), fc.constantFrom(1, 8, 60), (seconds, speed) => {
      const recording: Recording = {
        header: { ...run.header, speed },
        samples: seconds.map((second, atS) => ({ atS, ...second })),
        decisions: [{ atS: 2, service: 'orders', from: 1, to: 2, reason: 'x' }],
        pods: [],
        probes: [],
        end: undefined,
        warnings: [],
      }
      const analysis = analyze(recording, defaultLimits[recording.header.engine], defaultPolicies)
      for (const text of [JSON.stringify(analysis), reportHtml(recording, analysis)]) {
        if (/NaN|Infinity|undefined/.test(text)) throw new Error(text.match(/.{80}(NaN|Infinity|undefined).{20}/)?.[0] ?? text)
      }
      const shares = Object.values(analysis.services).flatMap(({ share }) => share ?? [])
      return shares.every(({ gini, maxOverMean }) => gini >= 0 && gini < 1 && maxOverMean >= 1)
    }),
    { numRuns: 150, seed: 1 },
  )
  t.pass()
})
