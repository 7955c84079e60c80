import { latest, shortName, store } from './store.js'

/** One row per service, one box per pod. Rows and boxes are kept from one drawing to the next, so that a reader's place is kept too. */
export function drawPods(parent) {
  const services = store.fleet?.services ?? []
  const rows = services.map((service) => {
    const row = childFor(parent, 'service', service.name) ?? newRow(service.name)
    const traffic = latest()?.services[service.name]
    row.querySelector('p').textContent = figures(service, traffic)
    const here = new Set(service.pods.map(({ name }) => name))
    const gone = store.gone
      .filter((pod) => pod.service === service.name && !here.has(pod.name))
      .map(({ name }) => ({ name, state: 'gone' }))
    const list = row.querySelector('ul')
    arrange(
      list,
      [...service.pods, ...gone].map((pod) => show(childFor(list, 'pod', pod.name) ?? newBox(pod.name), pod, traffic)),
    )
    return row
  })
  arrange(parent, rows)
}

function childFor(parent, kind, name) {
  return [...parent.children].find(({ dataset }) => dataset[kind] === name)
}

/** Puts the children in their order and moves none that stands right already: a node that is moved loses the focus. */
function arrange(parent, wanted) {
  const keep = new Set(wanted)
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove()
  for (const [i, child] of wanted.entries()) if (parent.children[i] !== child) parent.insertBefore(child, parent.children[i] ?? null)
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

function newBox(name) {
  const item = document.createElement('li')
  item.dataset.pod = name
  const box = item.appendChild(document.createElement('button'))
  box.type = 'button'
  box.appendChild(document.createElement('span')).className = 'share'
  // Focus comes by keyboard, pointerenter by mouse, click by finger.
  for (const type of ['focus', 'pointerenter', 'click']) box.addEventListener(type, () => caption(box))
  return item
}

let captioned
function caption(box) {
  captioned = box
  document.getElementById('pod').textContent = box.getAttribute('aria-label')
}

function show(item, { name, state, restarts = 0 }, traffic) {
  const all = traffic?.pods ?? []
  const own = all.find((pod) => pod.name === name)?.requestsPerS ?? 0
  const sum = all.reduce((sum, { requestsPerS }) => sum + (requestsPerS ?? 0), 0)
  const share = sum > 0 ? own / sum : 0
  const box = item.firstChild
  box.className = `pod ${state}`
  box.firstChild.style.height = `${100 * share}%`
  box.setAttribute('aria-label', `${name}: ${state}, ${Math.round(share * 100)} % of requests${restarts ? `, ${restarts} restarts` : ''}`)
  if (box === captioned) caption(box)
  return item
}
