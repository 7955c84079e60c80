import { front, latest, shortName } from './store.js'

const svg = 'http://www.w3.org/2000/svg'
const [rowHeight, boxWidth, boxHeight] = [70, 92, 34]
const [widthMin, widthMax] = [340, 560]

/** The services by their distance from the front, and the calls between them with rate and failures. */
export function drawMap(parent) {
  const sample = latest()
  if (!sample) return
  const edges = sample.edges.filter(({ to }) => sample.services[to])
  const columns = columnsOf(edges)
  if (columns.length === 0) {
    parent.textContent = 'No calls between services yet.'
    return
  }
  const height = Math.max(...columns.map(({ length }) => length)) * rowHeight + 10
  // As wide as its place, so that the words keep their size on a narrow screen.
  const width = Math.max(widthMin, Math.min(widthMax, parent.clientWidth))
  const place = places(columns, width, height)
  const drawing = element('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': words(edges) })
  const labels = new Map()
  for (const edge of edges) {
    const before = labels.get(edge.to) ?? 0
    labels.set(edge.to, before + 1)
    drawing.append(...arrow(edge, place.get(edge.from), place.get(edge.to), before))
  }
  for (const [name, { x, y }] of place) {
    const rate = sample.services[name]?.requestsPerS
    drawing.append(
      element('rect', { x, y, width: boxWidth, height: boxHeight, rx: 5 }),
      element('text', { x: x + 8, y: y + 15 }, shortName(name)),
      element('text', { x: x + 8, y: y + 28, class: 'rate' }, rate == null ? '' : `${Math.round(rate)}/s`),
    )
  }
  parent.replaceChildren(drawing)
}

function columnsOf(edges) {
  const distance = new Map(edges.length === 0 ? [] : [[front(), 0]])
  for (let round = 0; round < 5; round++)
    for (const { from, to } of edges) {
      const next = (distance.get(from) ?? Number.NaN) + 1
      if (next <= 4 && next > (distance.get(to) ?? -1)) distance.set(to, next)
    }
  const columns = []
  for (const [name, at] of distance) {
    columns[at] ??= []
    columns[at].push(name)
  }
  return columns.filter(Boolean)
}

function places(columns, width, height) {
  const gap = columns.length > 1 ? (width - boxWidth - 4) / (columns.length - 1) : 0
  return new Map(
    columns.flatMap((names, column) =>
      names.map((name, row) => [name, { x: 2 + column * gap, y: ((row + 0.5) * height) / names.length - boxHeight / 2 }]),
    ),
  )
}

/** @param before how many labels stand at the same end already: they are put above each other */
function arrow({ requestsPerS, failedPerS }, from, to, before) {
  if (!from || !to) return []
  const [x1, y1, x2, y2] = [from.x + boxWidth, from.y + boxHeight / 2, to.x, to.y + boxHeight / 2]
  const failing = failedPerS > 0
  const curve = `M${x1} ${y1}C${(x1 + x2) / 2} ${y1} ${(x1 + x2) / 2} ${y2} ${x2} ${y2}`
  const thickness = Math.min(8, 1 + Math.log2(1 + requestsPerS) / 1.5)
  const text = `${Math.round(requestsPerS)}/s${failing ? `, ${failedPerS.toFixed(1)} failed` : ''}`
  return [
    element('path', { d: curve, 'stroke-width': thickness, class: failing ? 'failing' : '' }),
    element(
      'text',
      {
        x: x2 - 6,
        y: y2 + (before % 2 === 0 ? -7 - 6 * before : 10 + 6 * before),
        'text-anchor': 'end',
        class: failing ? 'failing' : 'rate',
      },
      text,
    ),
  ]
}

function words(edges) {
  return edges
    .map(({ from, to, requestsPerS, failedPerS }) => `${shortName(from)} to ${shortName(to)}: ${requestsPerS}/s, ${failedPerS} failed`)
    .join('; ')
}

function element(name, attributes, text) {
  const made = document.createElementNS(svg, name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value))
  if (text !== undefined) made.textContent = text
  return made
}
