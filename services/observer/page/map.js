import { front, latest, shortName } from './store.js'

const svg = 'http://www.w3.org/2000/svg'
const [boxWidth, boxHeight, lineHeight, rowGap] = [92, 34, 14, 14]
const [widthMin, widthMax] = [340, 560]

/**
 * The services by their distance from the front, and the calls between them. What a call brings stands under the box that it goes to, a line for each
 * caller: there is no room between the boxes of a narrow screen, and words that lie on lines and on each other cannot be read.
 */
export function drawMap(parent) {
  const sample = latest()
  if (!sample) return
  const edges = sample.edges.filter(({ to }) => sample.services[to])
  const columns = columnsOf(edges)
  if (columns.length === 0) {
    parent.textContent = 'No calls between services yet.'
    return
  }
  // As wide as its place, so that the words keep their size on a narrow screen.
  const width = Math.max(widthMin, Math.min(widthMax, parent.clientWidth))
  const { place, height } = places(columns, width, new Map(columns.flat().map((name) => [name, linesOf(name, edges)])))
  const drawing = element('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': words(edges) })
  for (const edge of edges) drawing.append(...arrow(edge, place.get(edge.from), place.get(edge.to)))
  for (const [name, { x, y, lines, last }] of place) {
    const rate = sample.services[name]?.requestsPerS
    const end = last ? { x: x + boxWidth, 'text-anchor': 'end' } : { x }
    drawing.append(
      element('rect', { x, y, width: boxWidth, height: boxHeight, rx: 5 }),
      element('text', { x: x + 8, y: y + 15 }, shortName(name)),
      element('text', { x: x + 8, y: y + 28, class: 'rate' }, rate == null ? '' : `${Math.round(rate)}/s`),
      ...lines.map(({ text, is }, i) =>
        element('text', { ...end, y: y + boxHeight + (i + 1) * lineHeight - 2, class: `call ${is}` }, text),
      ),
    )
  }
  parent.replaceChildren(drawing)
}

/** What comes to a service, caller by caller; what was shed or failed has a line of its own. */
function linesOf(name, edges) {
  return edges
    .filter(({ to }) => to === name)
    .flatMap(({ from, requestsPerS, shedPerS, failedPerS }) => [
      { text: `← ${shortName(from)} ${Math.round(requestsPerS)}/s`, is: 'rate' },
      ...(shedPerS > 0 ? [{ text: `${shedPerS.toFixed(1)}/s shed`, is: 'shed' }] : []),
      ...(failedPerS > 0 ? [{ text: `${failedPerS.toFixed(1)}/s failed`, is: 'failing' }] : []),
    ])
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

/** Each column is as high as its boxes with their lines, and stands in the middle of the highest. */
function places(columns, width, lines) {
  const gap = columns.length > 1 ? (width - boxWidth - 4) / (columns.length - 1) : 0
  const heightOf = (name) => boxHeight + lines.get(name).length * lineHeight + rowGap
  const heights = columns.map((names) => names.reduce((sum, name) => sum + heightOf(name), 0))
  const height = Math.max(...heights)
  const place = new Map()
  for (const [column, names] of columns.entries()) {
    const between = (height - heights[column]) / names.length
    let y = 2 + between / 2
    for (const name of names) {
      place.set(name, { x: 2 + column * gap, y, lines: lines.get(name), last: column > 0 && column === columns.length - 1 })
      y += heightOf(name) + between
    }
  }
  return { place, height: height + 2 }
}

function arrow({ requestsPerS, failedPerS }, from, to) {
  if (!from || !to) return []
  const [x1, y1, x2, y2] = [from.x + boxWidth, from.y + boxHeight / 2, to.x, to.y + boxHeight / 2]
  const curve = `M${x1} ${y1}C${(x1 + x2) / 2} ${y1} ${(x1 + x2) / 2} ${y2} ${x2} ${y2}`
  const thickness = Math.min(8, 1 + Math.log2(1 + requestsPerS) / 1.5)
  return [element('path', { d: curve, 'stroke-width': thickness, class: failedPerS > 0 ? 'failing' : '' })]
}

function words(edges) {
  return edges
    .map(
      ({ from, to, requestsPerS, shedPerS, failedPerS }) =>
        `${shortName(from)} to ${shortName(to)}: ${requestsPerS}/s, ${shedPerS} shed, ${failedPerS} failed`,
    )
    .join('; ')
}

function element(name, attributes, text) {
  const made = document.createElementNS(svg, name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value))
  if (text !== undefined) made.textContent = text
  return made
}
