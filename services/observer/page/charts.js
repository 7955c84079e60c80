import { colorClass, front, latest, lookEveryS, shortName, store } from './store.js'
import uPlot from './uplot.js'

const height = 130
/** A young page has little to show: its axis is not stretched until the same second stands there twice. */
const spanMinS = 30
const incrsS = [1, 5, 15, 60, 300, 900, 3600, 14_400]
const sync = uPlot.sync('time')

/** Colours come from the style sheet, so that light and dark are decided in one place; a canvas needs them resolved. */
function color(name) {
  const probe = document.body.appendChild(document.createElement('span'))
  probe.className = name
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

const stepped = uPlot.paths.stepped({ align: 1 })
const ofFront = (figure) => (sample) => sample.services[front()]?.[figure] ?? null
const ofService = (name, read) => (sample) => {
  const service = sample.services[name]
  return service ? read(service) : null
}
const served = ({ requestsPerS, shedPerS, failedPerS }) => (requestsPerS === null ? null : requestsPerS - shedPerS - failedPerS)
const ofTarget = ({ cpuPercent, targetPercent }) => (cpuPercent === null ? null : (100 * cpuPercent) / targetPercent)
const line = (label, name, read, more) => ({ label, name, stroke: color(name), width: 2, read, ...more })

/** What each chart shows: a line is a label, a colour and how to read it from a sample. Lines of one label share a key. */
export function definitions() {
  const scaled = Object.keys(latest().services).filter((name) => latest().services[name].targetPercent !== null)
  const perService = (read, more = () => ({})) =>
    scaled.map((name, i) => line(shortName(name), colorClass(name), ofService(name, read), more(i)))
  // Services of one size would hide each other: each has its own height, a few hundredths of a replica away.
  const shifted = (more) => (i) => ({ paths: stepped, shift: (i - (scaled.length - 1) / 2) * 0.09, ...more })
  return [
    {
      title: 'Requests/s',
      lines: [
        line('offered', 'quiet', ofFront('requestsPerS'), { dash: [4, 3] }),
        line('served', 'good', (sample) => (sample.services[front()] ? served(sample.services[front()]) : null)),
      ],
    },
    {
      title: 'Replicas: ready (solid) of desired (dashed)',
      whole: true,
      lines: [
        ...perService(({ ready }) => ready, shifted({})),
        ...perService(({ desired }) => desired, shifted({ dash: [3, 4], width: 1.5 })),
      ],
    },
    { title: "CPU, % of the autoscaler's target", lines: perService(ofTarget) },
    { title: 'Latency, ms', lines: [line('p50', 'ink', ofFront('p50Ms')), line('p99', 'slow', ofFront('p99Ms'), { dash: [8, 3] })] },
    {
      title: 'Turned away/s',
      lines: [line('shed', 'warn', ofFront('shedPerS')), line('failed', 'bad', ofFront('failedPerS'), { dash: [8, 3] })],
    },
  ]
}

/** @param width of the chart in pixels @param last true for the one under which the times stand */
export function plotOf(box, { lines, whole = false }, width, last) {
  const axis = { stroke: color('quiet'), grid: { stroke: color('line'), width: 1 }, ticks: { show: false } }
  const shown = last ? { size: 24, values: (_plot, ticks) => ticks.map(clock) } : { size: 4, values: () => [] }
  return new uPlot(
    {
      width,
      height,
      // Half of a time, so that the newest is not cut off.
      padding: [null, 28, null, null],
      cursor: { sync: { key: sync.key }, drag: { x: false }, y: false },
      legend: { show: false },
      scales: {
        x: { range: ({ data: [times] }) => [Math.min(times[0], times.at(-1) - spanMinS), times.at(-1)] },
        y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.1)] },
      },
      axes: [
        { ...axis, incrs: incrsS, space: 76, ...shown },
        { ...axis, size: 46, ...(whole ? { incrs: [1, 2, 5, 10, 20] } : {}) },
      ],
      series: [{}, ...lines.map(({ stroke, dash, paths, width }) => ({ stroke, dash, paths, width, points: { filter: alone, size: 5 } }))],
    },
    table(lines),
    box,
  )
}

export function resize(plot, width) {
  plot.setSize({ width, height })
}

/** Between two unknowns there is no line to draw: a point tells what was known. */
function alone(plot, series) {
  const values = plot.data[series]
  return [...values.keys()].filter((i) => values[i] != null && values[i - 1] == null && values[i + 1] == null)
}

export const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString([], { hour12: false })
export const secondsOf = ({ at }) => Date.parse(at) / 1000

/** Times and values of each line; where looks are missing stands an unknown, so that no line bridges them. */
export function table(lines) {
  const gapS = 3.5 * (lookEveryS() ?? 5)
  const rows = []
  for (const sample of store.samples) {
    const atS = secondsOf(sample)
    const before = rows.at(-1)?.[0]
    if (before !== undefined && atS - before > gapS) rows.push([(before + atS) / 2, ...lines.map(() => null)])
    rows.push([
      atS,
      ...lines.map(({ read, shift = 0 }) => {
        const value = read(sample)
        return value === null ? null : value + shift
      }),
    ])
  }
  return [0, ...lines].map((_, column) => rows.map((row) => row[column]))
}
