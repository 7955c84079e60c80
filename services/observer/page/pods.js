import { latest, shortName, store } from './store.js'

const svg = 'http://www.w3.org/2000/svg'

/** One row per service, one box per pod. Boxes are kept from one drawing to the next, so that a reader's place is kept too. */
export function drawPods(parent) {
  const services = store.fleet?.services ?? []
  const rows = services.map((service) => {
    const row = parent.querySelector(`[data-service="${CSS.escape(service.name)}"]`) ?? newRow(service.name)
    const traffic = latest()?.services[service.name]
    row.querySelector('p').textContent = figures(service, traffic)
    const gone = store.gone.filter((pod) => pod.service === service.name).map(({ name }) => ({ name, state: 'gone' }))
    row.querySelector('ul').replaceChildren(...[...service.pods, ...gone].map((pod) => box(pod, traffic)))
    return row
  })
  parent.replaceChildren(...rows)
}

function newRow(name) {
  const row = document.createElement('div')
  row.className = 'service'
  row.dataset.service = name
  const head = row.appendChild(document.createElement('div'))
  head.appendChild(document.createElement('h3')).textContent = shortName(name)
  head.appendChild(document.createElement('p'))
  row.appendChild(document.createElement('ul')).className = 'pods'
  return row
}

function figures({ ready, desired, cpuPercent, targetPercent }, traffic) {
  const cpu = targetPercent === null ? '' : `, CPU ${cpuPercent ?? '?'} of ${targetPercent} %`
  const rate = traffic?.requestsPerS == null ? '' : `, ${Math.round(traffic.requestsPerS)}/s`
  return `${ready} of ${desired} ready${cpu}${rate}`
}

function box({ name, state, restarts = 0 }, traffic) {
  const all = traffic?.pods ?? []
  const own = all.find((pod) => pod.name === name)?.requestsPerS ?? 0
  const sum = all.reduce((sum, { requestsPerS }) => sum + (requestsPerS ?? 0), 0)
  const share = sum > 0 ? own / sum : 0
  const words = `${name}: ${state}, ${Math.round(share * 100)} % of requests${restarts ? `, ${restarts} restarts` : ''}`
  const item = document.createElement('li')
  const picture = item.appendChild(document.createElementNS(svg, 'svg'))
  picture.setAttribute('class', `pod ${state}`)
  picture.setAttribute('viewBox', '0 0 20 20')
  picture.setAttribute('role', 'img')
  picture.setAttribute('aria-label', words)
  picture.appendChild(document.createElementNS(svg, 'title')).textContent = words
  const bar = picture.appendChild(document.createElementNS(svg, 'rect'))
  bar.setAttribute('width', '20')
  bar.setAttribute('height', String(20 * share))
  bar.setAttribute('y', String(20 - 20 * share))
  bar.setAttribute('fill', 'currentColor')
  return item
}
