import { colorClass, front, latest, shortName, store } from './store.js'
import uPlot from './uplot.js'

const height = 130
const sync = uPlot.sync('time')
let plots = []
let drawnFor = ''

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

/** What each chart shows: a line is a label, a colour and how to read it from a sample. */
function definitions() {
  const all = Object.keys(latest().services)
  const scaled = all.filter((name) => latest().services[name].targetPercent !== null)
  const served = ({ requestsPerS, shedPerS, failedPerS }) => (requestsPerS === null ? null : requestsPerS - shedPerS - failedPerS)
  const line = (label, stroke, read, more) => ({ label, stroke: color(stroke), width: 2, read, ...more })
  const perService = (read, more) => scaled.map((name) => line(shortName(name), colorClass(name), ofService(name, read), more))
  return [
    {
      title: 'Requests/s: offered, served',
      lines: [
        line('offered', 'quiet', ofFront('requestsPerS'), { dash: [4, 3] }),
        line('served', 'good', (sample) => (sample.services[front()] ? served(sample.services[front()]) : null)),
      ],
    },
    {
      title: 'Replicas: ready (solid), desired (dashed)',
      whole: true,
      lines: [
        ...perService(({ ready }) => ready, { paths: stepped }),
        ...perService(({ desired }) => desired, { paths: stepped, dash: [3, 4], width: 1 }),
      ],
    },
    {
      title: "CPU, % of the autoscaler's target",
      lines: perService(({ cpuPercent, targetPercent }) => (cpuPercent === null ? null : (100 * cpuPercent) / targetPercent)),
    },
    { title: 'Latency, ms: p50, p99', lines: [line('p50', 'c0', ofFront('p50Ms')), line('p99', 'warn', ofFront('p99Ms'))] },
    {
      title: 'Turned away/s: shed, failed',
      lines: [line('shed', 'warn', ofFront('shedPerS')), line('failed', 'bad', ofFront('failedPerS'))],
    },
  ]
}

function make(parent, { title, lines, whole = false }, last) {
  const box = parent.appendChild(document.createElement('div'))
  box.className = 'chart'
  box.appendChild(document.createElement('h3')).textContent = title
  const axis = { stroke: color('quiet'), grid: { stroke: color('line'), width: 1 }, ticks: { show: false } }
  // One axis for all: its labels stand under the last chart.
  const time = last ? { ...axis, size: 24, values: (_plot, ticks) => ticks.map(clock) } : { ...axis, size: 4, values: () => [] }
  const plot = new uPlot(
    {
      width: Math.max(200, parent.clientWidth),
      height,
      cursor: { sync: { key: sync.key }, drag: { x: false } },
      legend: { show: false },
      scales: { y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.1)] } },
      axes: [time, { ...axis, size: 46, ...(whole ? { incrs: [1, 2, 5, 10, 20] } : {}) }],
      series: [{}, ...lines.map(({ read, ...series }) => ({ ...series, points: { show: false }, spanGaps: true }))],
    },
    table(lines),
    box,
  )
  plot.root.setAttribute('role', 'img')
  plot.root.setAttribute('aria-label', title)
  return { plot, lines }
}

const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString([], { hour12: false })

function table(lines) {
  return [store.samples.map(({ at }) => Date.parse(at) / 1000), ...lines.map(({ read }) => store.samples.map(read))]
}

/** Draws what is known; the charts are made anew when services, theme or the front change. */
export function drawCharts(parent) {
  if (!latest()) return
  const key = [
    document.documentElement.dataset.theme,
    matchMedia('(prefers-color-scheme: dark)').matches,
    front(),
    ...Object.keys(latest().services),
  ].join()
  if (key !== drawnFor) {
    drawnFor = key
    for (const { plot } of plots) plot.destroy()
    parent.replaceChildren()
    plots = definitions().map((definition, i, { length }) => make(parent, definition, i === length - 1))
    showLegend()
  } else for (const { plot, lines } of plots) plot.setData(table(lines))
}

export function resizeCharts(parent) {
  for (const { plot } of plots) plot.setSize({ width: Math.max(200, parent.clientWidth), height })
}

function showLegend() {
  const services = Object.keys(latest().services).filter((name) => latest().services[name].targetPercent !== null)
  document.getElementById('legend').replaceChildren(
    ...services.map((name) => {
      const key = document.createElement('span')
      key.className = `key ${colorClass(name)}`
      key.textContent = shortName(name)
      return key
    }),
  )
}
