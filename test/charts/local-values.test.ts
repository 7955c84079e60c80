import { execFile } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { findHelm } from '../../scripts/charts/helm.ts'
import { mergeValues, withoutNulls } from '../../tools/local/values.ts'
import { withHelm } from './render.ts'

const run = promisify(execFile)
const cases = 200

type Tree = { [key: string]: unknown }

const leaf = fc.oneof(fc.constant(null), fc.constant(null), fc.integer({ min: 0, max: 9 }), fc.constantFrom('a', 'b'), fc.constant([1, 2]))
const { tree } = fc.letrec<{ tree: Tree; node: unknown }>((tie) => ({
  node: fc.oneof({ maxDepth: 3 }, leaf, tie('tree')),
  tree: fc.dictionary(fc.constantFrom('k1', 'k2', 'k3'), tie('node'), { maxKeys: 3 }) as fc.Arbitrary<Tree>,
}))

/** Random values of a chart, of the chart around it and of a file, under one key per case. */
const sample = (seed: number): Tree =>
  Object.fromEntries(fc.sample(tree, { numRuns: cases, seed }).map((values, i) => [`case${i}`, values]))

t.test('the local engine merges values as helm does', withHelm, async (t) => {
  const helm = (await findHelm()) as string
  const [inner, outer, file] = [sample(1), sample(2), sample(3)]
  const chart = (name: string, more: object = {}) => stringify({ apiVersion: 'v2', name, version: '0.1.0', ...more })
  const shown = 'kind: Shown\nmetadata: {name: shown}\nvalues: {{ toJson .Values }}\n'
  const folder = t.testdir({
    inner: { 'Chart.yaml': chart('inner'), 'values.yaml': stringify(inner), templates: { 'shown.yaml': shown } },
    outer: {
      'Chart.yaml': chart('outer', { dependencies: [{ name: 'inner', version: '0.1.0', alias: 'block' }] }),
      'values.yaml': stringify({ block: outer }),
      charts: {},
    },
  })
  symlinkSync('../../inner', join(folder, 'outer/charts/inner'))
  writeFileSync(join(folder, 'file.yaml'), stringify({ block: file }))
  const { stdout } = await run(helm, ['template', 'x', join(folder, 'outer'), '-f', join(folder, 'file.yaml')])
  const { global: _, ...theirs } = withoutNulls(parse(stdout).values)
  const ours = withoutNulls(mergeValues(inner, mergeValues(outer, file)))
  t.equal(Object.keys(theirs).length, cases)
  for (const name of Object.keys(theirs)) t.strictSame([name, ours[name]], [name, theirs[name]])
})
