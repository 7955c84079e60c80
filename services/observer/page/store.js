/** Everything the page knows; what is kept is bounded, so that a page that stays open does not grow. */
const samplesMax = 600
const decisionsMax = 200
const goneMax = 100
const goneShownMs = 20_000

export const store = {
  fleet: undefined,
  samples: [],
  decisions: [],
  /** Pods that are no longer there: they are shown for a while. */
  gone: [],
  heardAtMs: 0,
}

/** Takes the server's memory; what came over the stream meanwhile is part of it. */
export function remember({ samples, decisions }) {
  store.samples = samples.slice(-samplesMax)
  store.decisions = decisions.slice(-decisionsMax)
}

export function takeFleet(fleet) {
  const before = podsOf(store.fleet)
  const now = new Set(podsOf(fleet).map(({ name }) => name))
  const nowMs = Date.now()
  const left = before.filter(({ name }) => !now.has(name)).map((pod) => ({ ...pod, goneAtMs: nowMs }))
  store.gone = [...store.gone, ...left].filter(({ goneAtMs }) => nowMs - goneAtMs < goneShownMs).slice(-goneMax)
  store.fleet = fleet
  store.heardAtMs = nowMs
}

/** @param sample one look at the fleet, with the decisions since the last */
export function takeSample(sample) {
  store.samples.push(sample)
  if (store.samples.length > samplesMax) store.samples.shift()
  store.decisions.push(...sample.decisions)
  store.decisions.splice(0, store.decisions.length - decisionsMax)
  store.heardAtMs = Date.now()
}

function podsOf(fleet) {
  return (fleet?.services ?? []).flatMap(({ name: service, pods }) => pods.map(({ name }) => ({ service, name })))
}

/** Seconds between two looks, as the last ten came; undefined before there are two. */
export function lookEveryS() {
  const times = store.samples.slice(-11).map(({ at }) => Date.parse(at))
  const distances = times.slice(1).map((at, i) => at - times[i])
  return distances.length === 0 ? undefined : distances.sort((a, b) => a - b)[distances.length >> 1] / 1000
}

export function latest() {
  return store.samples.at(-1)
}

/** `headroom-orders` among services that all begin so is `orders`. */
export function shortName(name) {
  const names = store.fleet?.services.map(({ name }) => name) ?? Object.keys(latest()?.services ?? {})
  const prefix = names[0]?.match(/^[a-z0-9]+-/)?.[0]
  return prefix && names.every((other) => other.startsWith(prefix)) ? name.slice(prefix.length) : name
}

/** The service that buyers talk to: it calls others and nobody calls it. */
export function front() {
  for (const { edges, services } of store.samples.slice(-20).reverse()) {
    const called = new Set(edges.map(({ to }) => to))
    const busiest = (a, b) => (services[b]?.requestsPerS ?? 0) - (services[a]?.requestsPerS ?? 0)
    const first = [...new Set(edges.map(({ from }) => from))].filter((name) => !called.has(name) && services[name]).sort(busiest)[0]
    if (first) return first
  }
  const names = Object.keys(latest()?.services ?? {})
  return names.find((name) => name.endsWith('gateway')) ?? names[0]
}

/** A colour by place in the alphabet, the same everywhere on the page. */
export function colorClass(name) {
  return `c${Math.max(0, Object.keys(latest()?.services ?? {}).indexOf(name)) % 7}`
}
