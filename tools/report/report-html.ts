/** report.html: the verdicts first, then charts, then figures. */
import type { Analysis } from './analysis.ts'
import { axisOf, loadCharts, serviceCharts } from './charts.ts'
import { escaped, page, paragraph, passOrFail, section, table } from './html.ts'
import { clock } from './live.ts'
import type { Recording } from './recording-format.ts'
import { replaySections } from './replay-html.ts'
import { style } from './style.ts'
import {
  decisionsTable,
  invariantsTable,
  outcomeTable,
  probesTable,
  reactionTable,
  ruledTable,
  scalingTable,
  shareTable,
  startUpTable,
} from './tables.ts'

/** The whole page, the same bytes for the same recording. */
export function reportHtml(recording: Recording, analysis: Analysis): string {
  const axis = axisOf(recording)
  const { services, limits } = analysis
  return page('Headroom: scaling report', style, [
    heading('Scaling report', analysis),
    '<main>',
    verdictSection(analysis, 'verdicts'),
    section('charts', 'What happened', loadCharts(recording, axis, limits.p99MsMax)),
    section('services', 'Replicas and CPU by service', [
      `<div class="services">${Object.keys(services)
        .map((name) => serviceCharts(recording, name, axis))
        .join('\n')}</div>`,
    ]),
    section('reaction', 'Reaction to each step of the load', [reactionTable(analysis)]),
    section('scaling', 'Replica-seconds and the oracle', [scalingTable(analysis), paragraph(oracleText)]),
    section('requests', 'Requests by outcome', [outcomeTable(analysis)]),
    section('share', 'Share of each replica', [shareTable(analysis)]),
    section('start-up', 'Start-up times', [startUpTable(analysis)]),
    section('probes', 'Failed probes', [probesTable(analysis)]),
    ...replaySections(analysis),
    section('decisions', 'Scaling decisions', [decisionsTable(analysis)]),
    section('invariants', 'Invariants', [invariantsTable(analysis)]),
    section('ruled', 'The values that ruled', [ruledTable(analysis)]),
    '</main>',
  ])
}

const oracleText =
  'The oracle has, each second, max(minReplicas, ceil(offered / capacity per pod at the target)) replicas. Capacity is measured from the seconds in which a service used at least half of its CPU target: requests served per CPU of its ready replicas, scaled to one replica at its target. What was offered to a service is what was offered at the edge, times the requests it serves for each one let in there.'

/** What run it was. */
export function heading(title: string, { engine, startedAt, durationS, speed, versions }: Analysis): string {
  const clockText = speed === 1 ? '' : `, autoscaler's clock x ${speed}`
  const ran = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return `<header><h1>${escaped(title)}</h1>
<p class="dim">${escaped(`${engine} engine${clockText}; started ${startedAt}, ${clock(durationS)} long; ${ran.join(', ')}`)}</p></header>`
}

/** One row per limit, with the figure and the limit, below a sentence that says it all. */
export function verdictSection({ holds, verdicts, warnings }: Analysis, id: string, title = 'Verdict', level = 2): string {
  const failed = verdicts.filter((verdict) => !verdict.holds).length
  const sentence = holds ? `All ${verdicts.length} limits hold.` : `${failed} of ${verdicts.length} limits do not hold.`
  return section(
    id,
    title,
    [
      `<p class="verdict ${holds ? 'pass' : 'fail'}">${holds ? '✓' : '✗'} ${sentence}</p>`,
      ...warnings.map((warning) => `<p class="warning">${escaped(warning)}</p>`),
      table({
        caption: 'Each limit and what was measured',
        columns: ['limit', 'verdict', 'measured'],
        rows: verdicts.map((verdict) => [verdict.limit, passOrFail(verdict.holds), arrows(verdict.figure)]),
      }),
    ],
    level,
  )
}

/** `1 -> 4 -> 1` in one piece, which a narrow column would break at the hyphens. */
function arrows(figure: string): string {
  return figure.replaceAll(' -> ', '\u00a0→\u00a0')
}
