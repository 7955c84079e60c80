import { escaped } from './html.ts'
import { clock } from './live.ts'
import { type Decision, decisionLine } from './sample.ts'
import { across, area, band, type Frame, leftPercent, line, type Point, plot, roundTop, steps, timeTicks, upright } from './svg.ts'

/** One line of a chart. Colours and dashes go by letter, so that no two look alike in grey either. */
export interface Series {
  name: string
  look: 'a' | 'b' | 'c' | 'd'
  draw: 'line' | 'steps' | 'area'
  points: Point[]
}

/** A moment or stretch that all charts of a report share. */
export interface TimeAxis {
  fromS: number
  untilS: number
  stages: { name: string; atS: number; untilS: number }[]
}

export interface Chart {
  title: string
  unit: string
  series: Series[]
  axis: TimeAxis
  /** A line across, with its name: a target or a limit. */
  limit?: { name: string; value: number }
  decisions?: Decision[]
  small?: boolean
  /** Shows the names of the stages above the plot. */
  named?: boolean
}

/** One chart with its heading, legend, axes and the decisions marked on it. */
export function chart(options: Chart): string {
  const { title, unit, series, axis, limit, decisions = [], small = false, named = false } = options
  const highest = Math.max(
    0,
    limit?.value ?? 0,
    ...series.map(({ points }) => points.reduce((most, [, value]) => Math.max(most, value ?? 0), 0)),
  )
  const frame: Frame = { ...axis, top: roundTop(highest) }
  const shaded = axis.stages.filter((_, index) => index % 2 === 1).map(({ atS, untilS }) => band(atS, untilS, frame, 'band'))
  const grid = timeTicks(frame).map((atS) => upright(atS, frame, 'grid'))
  const contents = [
    ...shaded,
    ...grid,
    across(frame.top / 2, frame, 'grid'),
    ...decisions.map(({ atS }) => upright(atS, frame, 'when')),
    ...series.map((one) => drawn(one, frame)),
    limit ? across(limit.value, frame, 'limit') : '',
  ]
  const legend = [...series.map(({ name, look }) => key(name, `k${look}`)), limit ? key(limit.name, '') : '']
  return `<figure${small ? ' class="small"' : ''}><figcaption><h3>${escaped(title)}</h3>${legend.join('')}</figcaption>
<div class="plot">${named ? `<div class="stages" aria-hidden="true">${stageNames(axis, frame)}</div>` : ''}
<div class="ys" aria-hidden="true"><span>${short(frame.top)}</span><span>${short(frame.top / 2)}</span><span>0 ${escaped(unit)}</span></div>
<div class="canvas">${plot(label(options, highest), contents)}</div>
${marks(decisions, frame)}<div class="xs" aria-hidden="true">${timeLabels(frame)}</div></div></figure>`
}

function drawn({ draw, points, look }: Series, frame: Frame): string {
  if (draw === 'area') return area(points, frame, `f${look}`) + steps(points, frame, `l${look}`)
  return draw === 'steps' ? steps(points, frame, `l${look}`) : line(points, frame, `l${look}`)
}

function key(name: string, look: string): string {
  return `<span class="key"><i class="${look}"></i>${escaped(name)}</span>`
}

/** What the picture says, in words. */
function label({ title, unit, series, axis }: Chart, highest: number): string {
  const names = series.map(({ name }) => name).join(', ')
  return escaped(`${title}: ${names}, from ${clock(axis.fromS)} to ${clock(axis.untilS)}; at most ${short(highest)} ${unit}`)
}

function stageNames({ stages }: TimeAxis, frame: Frame): string {
  return stages.map(({ name, atS }) => `<span style="left:${leftPercent(atS, frame)}%">${escaped(name)}</span>`).join('')
}

/** Decisions nearer than this share of the width, in percent, have one mark: on a screen of 400 pixels, where a plot has 340, two would cover each other. */
const MARK_PERCENT = 10

function marks(decisions: Decision[], frame: Frame): string {
  if (decisions.length === 0) return ''
  const groups: Decision[][] = []
  for (const decision of decisions) {
    const open = groups.at(-1)
    const first = open?.[0]
    const near = first !== undefined && leftPercent(decision.atS, frame) - leftPercent(first.atS, frame) < MARK_PERCENT
    if (open !== undefined && near) open.push(decision)
    else groups.push([decision])
  }
  return `<div class="marks" aria-hidden="true">${groups.map((group) => mark(group, frame)).join('')}</div>\n`
}

/** The size that was decided, or how many decisions where they are of several services or go both ways. */
function mark(group: Decision[], frame: Frame): string {
  const [first] = group
  const last = group.at(-1)
  if (first === undefined || last === undefined) return ''
  const alike = group.every((decision) => isUp(decision) === isUp(first))
  const told = alike && group.every(({ service }) => service === first.service) ? last.to : `×${group.length}`
  const sign = alike ? (isUp(first) ? '▲' : '▼') : '▲▼'
  const title = escaped(group.map((decision) => `${clock(decision.atS)}  ${decisionLine(decision)}`).join('\n'))
  const left = leftPercent(first.atS, frame)
  const kind = alike ? ` class="${isUp(first) ? 'up' : 'down'}"` : ''
  return `<span${kind} style="left:${left}%" title="${title}">${sign}${told}</span>`
}

function isUp({ from, to }: Decision): boolean {
  return to > from
}

function timeLabels(frame: Frame): string {
  return timeTicks(frame)
    .map((atS) => {
      const left = leftPercent(atS, frame)
      return `<span${left > 96 ? ' class="last"' : ''} style="left:${left}%">${clock(atS)}</span>`
    })
    .join('')
}

/** 1500 is 1.5k. */
function short(value: number): string {
  return value >= 1000 ? `${Math.round(value / 100) / 10}k` : String(Math.round(value * 10) / 10)
}
