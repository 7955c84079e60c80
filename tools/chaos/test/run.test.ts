import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { check, type Row } from '../row.ts'
import { runRows } from '../run.ts'

const never = new AbortController().signal

function row(name: string, holds: boolean, ran: string[]): Row {
  return {
    name,
    promise: 'a promise',
    full: '',
    quick: '',
    run: async ({ count, random, seed }) => {
      ran.push(`${name} ${count(100, 1)} ${seed} ${random().toFixed(6)}`)
      return { figures: { n: 1 }, checks: [check('a limit', 1, holds)] }
    },
  }
}

t.test('a result file per row, a summary, and rows that were run are not run again', async (t) => {
  const out = t.testdir({})
  const ran: string[] = []
  const rows = [row('a', true, ran), row('b', false, ran)]
  const flags = { seed: 3, only: [], quick: true, out, fresh: false }
  const results = await runRows(rows, flags, () => {}, never)
  t.strictSame(
    results.map(({ name, holds }) => [name, holds]),
    [
      ['a', true],
      ['b', false],
    ],
  )
  t.match(JSON.parse(readFileSync(join(out, 'a.json'), 'utf8')), { name: 'a', seed: 3, quick: true, holds: true, figures: { n: 1 } })
  t.match(JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')), { holds: false, rows: [{ name: 'a' }, { name: 'b' }] })
  const [first] = ran
  await runRows(rows, flags, () => {}, never)
  t.equal(ran.length, 2, 'resumed')
  await runRows(rows, { ...flags, fresh: true }, () => {}, never)
  t.equal(ran[2], first, 'the seed repeats the choices')
  await runRows(rows, { ...flags, quick: false }, () => {}, never)
  t.match(ran[4], /^a 100 3/, 'other counts are another run')
  writeFileSync(join(out, 'a.json'), '{"name":"a","se')
  await runRows(rows, { ...flags, quick: false }, () => {}, never)
  t.equal(ran.length, 7, 'a torn result is no result')
})

t.test('a row that checks nothing is an error, and so is a folder that cannot be written', async (t) => {
  const empty: Row = { ...row('empty', true, []), run: async () => ({ figures: {}, checks: [] }) }
  const flags = { seed: 1, only: [], quick: true, out: t.testdir({ file: '' }), fresh: false }
  await t.rejects(
    runRows([empty], flags, () => {}, never),
    /empty checked nothing/,
  )
  await t.rejects(runRows([row('a', true, [])], { ...flags, out: join(flags.out, 'file') }, () => {}, never))
})
