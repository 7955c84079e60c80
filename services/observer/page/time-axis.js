import { clock, definitions, plotOf, resize, secondsOf, table } from './charts.js'
import { front, latest, shortName, store } from './store.js'

let charts = []
let drawnFor = ''
/** The moment that is read, in seconds; undefined for the newest. */
let chosenS

/** Draws what is known; the charts are made anew when services, theme or the front change. */
export function drawCharts(parent) {
  if (!latest()) return
  const key = [
    document.documentElement.dataset.theme,
    matchMedia('(prefers-color-scheme: dark)').matches,
    front(),
    ...Object.keys(latest().services).map(shortName),
  ].join()
  if (key === drawnFor) for (const { plot, lines } of charts) plot.setData(table(lines))
  else {
    drawnFor = key
    for (const { plot } of charts) plot.destroy()
    parent.replaceChildren()
    charts = definitions().map((definition, i, { length }) => chartOf(parent, definition, i === length - 1))
  }
  // Its moment moves to the left as time goes on, and the crosshair with it: after the microtask in which uPlot takes the new times.
  if (chosenS !== undefined) queueMicrotask(placeCursors)
  tell()
}

export function resizeCharts(parent) {
  for (const { plot } of charts) resize(plot, widthIn(parent))
}

const widthIn = (parent) => Math.max(200, parent.clientWidth)

function chartOf(parent, definition, last) {
  const box = parent.appendChild(document.createElement('figure'))
  box.className = 'chart'
  const caption = box.appendChild(document.createElement('figcaption'))
  caption.appendChild(document.createElement('h3')).textContent = definition.title
  const keys = new Map()
  for (const { label, name, dash } of definition.lines) {
    if (keys.has(label)) continue
    const key = caption.appendChild(document.createElement('span'))
    key.className = `key stroke ${name}${dash ? ' dashed' : ''}`
    key.append(label, ' ')
    keys.set(label, key.appendChild(document.createElement('b')))
  }
  const plot = plotOf(box, definition, widthIn(parent), last)
  plot.root.setAttribute('role', 'img')
  plot.root.tabIndex = 0
  plot.root.addEventListener('keydown', byKeys)
  // A finger has no way to point without touching.
  for (const type of ['pointermove', 'pointerdown']) plot.over.addEventListener(type, (event) => byPointer(event, plot))
  plot.over.addEventListener('pointerleave', () => choose(undefined))
  return { ...definition, plot, keys }
}

function byPointer({ clientX }, plot) {
  const atS = plot.posToVal(clientX - plot.over.getBoundingClientRect().left, 'x')
  const nearest = store.samples.reduce((best, sample) =>
    Math.abs(secondsOf(sample) - atS) < Math.abs(secondsOf(best) - atS) ? sample : best,
  )
  choose(secondsOf(nearest))
}

const steps = { ArrowLeft: -1, ArrowRight: 1, Home: Number.NEGATIVE_INFINITY, End: Number.POSITIVE_INFINITY }

function byKeys(event) {
  if (event.key === 'Escape') choose(undefined)
  else if (event.key in steps) {
    event.preventDefault()
    const newest = store.samples.length - 1
    const next = Math.max(0, Math.min(newest, store.samples.indexOf(read()) + steps[event.key]))
    choose(secondsOf(store.samples[next]))
    document.getElementById('spoken').textContent = `${clock(chosenS)}: ${charts.map(({ plot }) => plot.root.dataset.values).join('; ')}`
  } else return
  placeCursors()
}

function placeCursors() {
  for (const { plot } of charts) plot.setCursor({ left: chosenS === undefined ? -10 : plot.valToPos(chosenS, 'x'), top: -10 })
}

function choose(momentS) {
  chosenS = momentS
  tell()
}

/** The sample that is read: the chosen one as long as it is kept. */
function read() {
  return (chosenS !== undefined && store.samples.find((sample) => secondsOf(sample) >= chosenS)) || latest()
}

const figure = (value) => (value == null ? '–' : value >= 100 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1))

/** Writes the values beside their keys, for eyes, and into the chart's name, for ears. */
function tell() {
  if (charts.length === 0) return
  const sample = read()
  document.getElementById('moment').textContent = `${clock(secondsOf(sample))}${chosenS === undefined ? ', the newest look' : ''}`
  for (const { title, lines, keys, plot } of charts) {
    const words = [...keys].map(([label, place]) => {
      const values = lines.filter((line) => line.label === label).map(({ read }) => figure(read(sample)))
      place.textContent = values.join(' of ')
      return `${label} ${values.join(' of ')}`
    })
    plot.root.dataset.values = words.join(', ')
    plot.root.setAttribute('aria-label', `${title}. ${words.join(', ')}. Arrow keys read other moments.`)
  }
}
