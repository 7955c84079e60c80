import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { escaped, table } from '../html.ts'
import { runReport } from '../report.ts'
import { recorded, synthesize } from './synthetic.ts'

const quiet = { out: () => {}, error: () => {} }

t.test('the page asks nobody for anything', async (t) => {
  const folder = await recorded(t)
  runReport([folder], quiet)
  const html = readFileSync(join(folder, 'report.html'), 'utf8')
  t.notMatch(html, /https?:\/\/|<script|<link|<img|@import|url\(|\bsrc=|\bhref=/)
  t.match(html, /Content-Security-Policy" content="default-src 'none'/)
})

t.test('the page has one title, headings in order, named charts and tables with headings', async (t) => {
  const folder = await recorded(t)
  runReport([folder], quiet)
  const html = readFileSync(join(folder, 'report.html'), 'utf8')
  t.equal(html.match(/<h1>/g)?.length, 1)
  const levels = [...html.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level))
  t.notOk(
    levels.some((level, index) => level > (levels[index - 1] ?? 0) + 1),
    levels.join(' '),
  )
  const count = (pattern: RegExp) => html.match(pattern)?.length ?? 0
  t.equal(count(/<svg /g), count(/<svg [^>]*role="img" aria-label="[^"]+"/g))
  t.equal(count(/<table>/g), count(/<caption>/g))
  t.ok(count(/<th scope="col"/g) > 20 && count(/<th scope="row"/g) > 20)
  const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
  t.equal(new Set(ids).size, ids.length, 'no id twice')
  for (const [, id] of html.matchAll(/aria-labelledby="([^"]+)"/g)) t.ok(ids.includes(id))
  t.ok(html.indexOf('id="verdicts"') < html.indexOf('<svg'), 'the verdicts come first')
  t.match(html, /<html lang="en">/)
  t.match(html, /prefers-color-scheme:dark/)
})

t.test('text of a recording stays text', async (t) => {
  const hostile = `"><script>alert('x')</script>&`
  const run = synthesize()
  for (const decision of run.decisions) decision.reason = hostile
  for (const { load } of run.samples) if (load?.stage === 'surge') load.stage = hostile
  run.header.versions[hostile] = hostile
  const folder = await recorded(t, run)
  runReport([folder], quiet)
  t.notMatch(readFileSync(join(folder, 'report.html'), 'utf8'), '<script')
  t.equal(escaped(`<a b="c" d='e'>&`), '&#60;a b=&#34;c&#34; d=&#39;e&#39;&#62;&#38;')
})

t.test('a run with little in it has a page too', async (t) => {
  const run = synthesize({ seconds: 3 })
  const folder = await recorded(t, run)
  const path = join(folder, 'recording.ndjson')
  const header = { ...run.header, services: { hello: run.header.services.hello } }
  const [sample] = run.samples
  const lines = [
    { type: 'header', format: 'headroom-recording', version: 1, ...header },
    { type: 'sample', atS: 0, load: null, services: { hello: { ...sample?.services.hello, pods: undefined } } },
  ]
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  t.equal(runReport([folder], quiet), 1)
  const html = readFileSync(join(folder, 'report.html'), 'utf8')
  t.match(html, 'The load has no step.')
  t.notMatch(html, /NaN|Infinity|undefined/)
})

t.test('a table aligns a column that holds a number, and says nothing without rows', async (t) => {
  const html = table({
    caption: 'c',
    columns: ['a', 'b'],
    rows: [
      ['x', 1],
      ['y', null],
    ],
  })
  t.match(html, '<td class="n">–</td>')
  t.equal(table({ caption: 'c', columns: ['a'], rows: [] }), '')
})
