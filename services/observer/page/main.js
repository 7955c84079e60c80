import { drawMap } from './map.js'
import { drawPods } from './pods.js'
import { front, latest, lookEveryS, remember, shortName, store, takeFleet, takeSample } from './store.js'
import { drawCharts, resizeCharts } from './time-axis.js'

/** The stream says something every five seconds. */
const silentAfterMs = 12_000
/** Why the stream is refused, while it is. */
let refusal = ''
const at = (id) => document.getElementById(id)

function draw() {
  drawTiles()
  drawCharts(at('charts'))
  drawPods(at('strip'))
  drawMap(at('map'))
  drawDecisions()
  showState()
  const everyS = lookEveryS()
  at('looks').textContent =
    everyS === undefined ? '' : `A look every ${everyS < 2 ? everyS.toFixed(1).replace('.0', '') : Math.round(everyS)} s.`
}

function drawTiles() {
  const door = latest()?.services[front()]
  const number = (value, digits = 0) => (value == null ? '–' : value.toFixed(digits))
  const pods = (store.fleet?.services ?? []).reduce((sum, { ready }) => sum + ready, 0)
  const tiles = [
    ['Offered', number(door?.requestsPerS), '/s'],
    ['Served', door?.requestsPerS == null ? '–' : number(door.requestsPerS - door.shedPerS - door.failedPerS), '/s'],
    ['p99', number(door?.p99Ms), 'ms'],
    ['Shed', number(door?.shedPerS, 1), '/s'],
    ['Failed', number(door?.failedPerS, 1), '/s'],
    ['Pods ready', String(pods), ''],
  ]
  at('tiles').replaceChildren(
    ...tiles.map(([name, value, unit]) => {
      const tile = document.createElement('div')
      tile.appendChild(document.createElement('dt')).textContent = name
      const figure = tile.appendChild(document.createElement('dd'))
      figure.textContent = `${value} `
      figure.appendChild(document.createElement('small')).textContent = unit
      return tile
    }),
  )
}

let decisionsDrawn = ''
function drawDecisions() {
  const key = `${store.decisions.length} ${store.decisions.at(-1)?.at} ${store.decisions.at(-1)?.service}`
  if (key === decisionsDrawn) return
  decisionsDrawn = key
  at('decisions').replaceChildren(
    ...store.decisions.toReversed().map((decision) => {
      const item = document.createElement('li')
      const time = item.appendChild(document.createElement('time'))
      time.dateTime = decision.at
      time.textContent = new Date(decision.at).toLocaleTimeString()
      const change = item.appendChild(document.createElement('b'))
      change.className = decision.to > decision.from ? 'up' : 'down'
      change.textContent = `${shortName(decision.service)} ${decision.from} → ${decision.to}`
      item.append(`: ${decision.reason}`)
      return item
    }),
  )
}

/** What to say of the state: a word, a sentence, and the seconds that it has lasted. */
function stateNow() {
  const silentMs = Date.now() - store.heardAtMs
  const { access = 'connecting', detail = '', stale = false, staleForS, namespace = '' } = store.fleet ?? {}
  if (refusal !== '') return { is: 'stale', words: 'not followed', why: refusal }
  if (store.fleet === undefined) return { is: 'connecting', words: 'connecting' }
  if (silentMs > silentAfterMs)
    return {
      is: 'stale',
      words: 'stale',
      why: 'No word from the observer: what you see is old. Trying again.',
      sinceS: Math.round(silentMs / 1000),
    }
  if (access === 'forbidden' || access === 'absent')
    return { is: 'stale', words: 'no access', why: `The observer cannot read the Kubernetes API: ${detail}` }
  if (!stale) return { is: 'live', words: `live, namespace ${namespace}` }
  if (staleForS === null) return { is: 'stale', words: 'stale', why: `No word from the Kubernetes API yet: ${detail}` }
  return { is: 'stale', words: 'stale', why: 'No word from the Kubernetes API: what you see is old.', sinceS: staleForS }
}

/** Old data must not look like new data, and none at all must say why. What is said aloud does not tick: a counter would interrupt each second. */
function showState() {
  const { is, words, why = '', sinceS } = stateNow()
  at('state').dataset.is = is
  if (at('state').textContent !== words) at('state').textContent = words
  at('notice').hidden = why === ''
  if (at('why').textContent !== why) at('why').textContent = why
  at('since').textContent = sinceS === undefined ? '' : `(${sinceS} s)`
}

async function recall() {
  const reply = await fetch('samples', { signal: AbortSignal.timeout(5000) })
  if (reply.ok) remember(await reply.json())
  draw()
}

function follow() {
  const stream = new EventSource('fleet/stream')
  stream.addEventListener('open', () => {
    refusal = ''
    void recall().catch(() => {})
  })
  stream.addEventListener('fleet', ({ data }) => {
    takeFleet(JSON.parse(data))
    drawPods(at('strip'))
    showState()
  })
  stream.addEventListener('sample', ({ data }) => {
    takeSample(JSON.parse(data))
    draw()
  })
  // The replica that leaves says so: the next one is asked at once.
  stream.addEventListener('bye', () => {
    stream.close()
    setTimeout(follow, 500)
  })
  // A browser gives up for good when the answer was no stream at all.
  stream.addEventListener('error', () => {
    if (stream.readyState === EventSource.CLOSED) void lookInstead().then((waitS) => setTimeout(follow, waitS * 1000))
  })
}

/** Without a stream: why there is none, which an EventSource does not tell, and a look at the fleet. Gives the seconds until the next try. */
async function lookInstead() {
  const asking = new AbortController()
  const signal = AbortSignal.any([asking.signal, AbortSignal.timeout(5000)])
  try {
    const reply = await fetch('fleet/stream', { signal })
    if (reply.status !== 503) return 3
    const { title, detail = title } = await reply.json()
    const waitS = Number(reply.headers.get('retry-after')) || 3
    refusal = `This is a look from ${new Date().toLocaleTimeString()}, not followed: ${detail}. The next try is in ${waitS} s.`
    takeFleet(await (await fetch('fleet', { signal })).json())
    drawPods(at('strip'))
    await recall()
    return waitS
  } catch {
    return 3
  } finally {
    asking.abort()
  }
}

function theme() {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  at('theme').addEventListener('click', () => {
    const now = document.documentElement.dataset.theme ?? (dark.matches ? 'dark' : 'light')
    document.documentElement.dataset.theme = now === 'dark' ? 'light' : 'dark'
    draw()
  })
  dark.addEventListener('change', draw)
}

theme()
follow()
setInterval(showState, 1000)
addEventListener('resize', () => resizeCharts(at('charts')))
