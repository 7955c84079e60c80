/** compare.html: two runs beside each other, and below each other where the screen is narrow. */
import { axisOf, loadCharts, serviceCharts } from './charts.ts'
import type { Compared, Comparison, Run } from './compare.ts'
import { type Cell, escaped, page, paragraph, section, table } from './html.ts'
import { verdictSection } from './report-html.ts'
import { style } from './style.ts'

/** The whole page, the same bytes for the same recordings. Both runs are drawn over the longer one's time. */
export function compareHtml(a: Run, b: Run, comparison: Comparison): string {
  const untilS = Math.max(axisOf(a.recording).untilS, axisOf(b.recording).untilS)
  const axis = ({ recording }: Run) => ({ ...axisOf(recording), untilS })
  const load = (run: Run) => loadCharts(run.recording, axis(run), run.analysis.limits.p99MsMax).join('\n')
  const services = Object.keys(comparison.services)
  const drawn = (run: Run, name: string) =>
    Object.hasOwn(run.analysis.services, name) ? serviceCharts(run.recording, name, axis(run)) : paragraph(`${name} is not in ${run.name}.`)
  return page('Headroom: two runs compared', style, [
    `<header><h1>Two runs compared</h1>\n<p class="dim">${escaped(`A: ${described(a)}. B: ${described(b)}.`)}</p></header>`,
    '<main>',
    two(verdictSection(a.analysis, 'verdict-a', `A: ${a.name}`), verdictSection(b.analysis, 'verdict-b', `B: ${b.name}`)),
    section('figures', 'Figures', [figures('The whole run', comparison.run)]),
    section('charts', 'What happened', [two(beside('A', load(a)), beside('B', load(b)))]),
    section(
      'services',
      'Replicas and CPU by service',
      services.map((name) => two(beside('A', drawn(a, name)), beside('B', drawn(b, name)))),
    ),
    section(
      'service-figures',
      'Figures by service',
      Object.entries(comparison.services).map(([name, pairs]) => figures(name, pairs)),
    ),
    '</main>',
  ])
}

function described({ name, analysis: { engine, startedAt, speed } }: Run): string {
  return `${name}, ${engine} engine, started ${startedAt}, autoscaler's clock x ${speed}`
}

function two(left: string, right: string): string {
  return `<div class="two">${left}\n${right}</div>`
}

function beside(letter: string, content: string): string {
  return `<section aria-label="${letter}"><p class="dim">${letter}</p>${content}</section>`
}

function figures(caption: string, pairs: Record<string, Compared>): string {
  const rows = Object.entries(pairs).flatMap(([name, { a, b, change }]): Cell[][] => {
    return a === null && b === null ? [] : [[name, a, b, change]]
  })
  return table({ caption, columns: ['figure', 'A', 'B', 'B less A'], rows })
}
