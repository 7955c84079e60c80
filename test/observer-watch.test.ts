/** The observer's watches against a Kubernetes API in every kind of trouble, on a clock that makes hours of it pass in seconds. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { differences, PaperFleet } from '@headroom/chaos/kube-fleet'
import { seededRandom } from '@headroom/load/random'
import { KubeFaults } from '@headroom/local/kube/faults'
import { serveKube } from '@headroom/local/kube/server'
import { Store } from '@headroom/local/kube/store'
import { KubeConfig } from '@kubernetes/client-node'
import t, { type Test } from 'tap'
import { ClusterView } from '../services/observer/lib/cluster-view.ts'
import { answerWithinMs } from '../services/observer/lib/kube-http.ts'
import { resources, watchCluster } from '../services/observer/lib/watch.ts'
import { FakeClock, settled } from '../services/observer/test/fake-clock.ts'

// Lengths that tell the waits apart: a backoff is at most 31 s, and a list is not due for long.
const longMs = 1e12
const usageMs = 3_600_000
const isBackoff = (ms: number) => ms >= 1000 && ms <= 31_000 && ms !== answerWithinMs
const isAnswer = (ms: number) => ms === answerWithinMs
const isRefresh = (ms: number) => ms > 31_000 && ms !== usageMs

async function observe(t: Test, refreshMs = longMs) {
  // Small, so that the events of the past are not what the heap grows by.
  const store = new Store({ objectsMax: 200, historyMax: 200 })
  const paper = new PaperFleet(store, seededRandom(2))
  const faults = new KubeFaults({ cutAfterMs: 0 })
  const options = { namespace: 'shop', bookmarkIntervalMs: 20, faults }
  let api = await serveKube(store, options)
  const config = new KubeConfig()
  config.loadFromString(api.kubeconfig)
  const clock = new FakeClock(seededRandom(1))
  const view = new ClusterView('shop', 120_000, clock)
  const stop = watchCluster({
    config,
    namespace: 'shop',
    refreshMs,
    usageMs,
    caches: view.caches,
    onHeard: (resource) => view.heard(resource),
    onOpened: (resource) => view.opened(resource),
    onTrouble: (resource, state) => view.trouble(resource, state),
    clock,
  })
  t.teardown(async () => {
    stop()
    view.close()
    await api.close()
  })
  const all = resources.length
  const quiet = () => clock.pending(isRefresh) === all && clock.pending(isAnswer) === 0 && clock.pending(isBackoff) === 0
  const waiting = () => clock.pending(isBackoff) === all
  const port = Number(new URL(api.url).port)
  const leave = () => api.close()
  const comeBack = async () => {
    api = await serveKube(store, { ...options, port })
  }
  await settled(quiet)
  return { paper, faults, clock, view, same: () => differences(view.fleet(), store).length === 0, quiet, waiting, leave, comeBack }
}

type Observed = Awaited<ReturnType<typeof observe>>

const asked = ({ faults }: Observed) => resources.map((resource) => faults.asked(resource))
/** Lets time pass until everything is watched again, and looks at the view. */
async function recovers(t: Test, observed: Observed): Promise<void> {
  const { clock, quiet, view, same } = observed
  const fromMs = clock.now()
  while (!quiet()) {
    clock.step()
    await settled(() => clock.pending(isAnswer) === 0 && clock.pending(isBackoff) + clock.pending(isRefresh) === resources.length)
  }
  t.ok(clock.now() - fromMs <= 31_000, `watched again after ${Math.round(clock.now() - fromMs)} ms`)
  await settled(() => same() && !view.fleet().stale)
  t.match(view.fleet(), { access: 'ok', stale: false })
}

/** Requests per second and resource since then: as many as the busiest resource had. */
function rateSince(observed: Observed, before: ReturnType<typeof asked>, fromMs: number): number {
  const most = Math.max(...asked(observed).map(({ watches }, i) => watches - (before[i]?.watches ?? 0)))
  return (most * 1000) / (observed.clock.now() - fromMs)
}

function usedHeapBytes(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

t.test('500 disconnects: at most one reconnect a second, spread, and nothing missed or kept', async (t) => {
  const observed = await observe(t)
  const { faults, clock, paper, waiting } = observed
  const rounds = async (ended: number) => {
    while (faults.ended < ended) {
      paper.change()
      await settled(waiting)
      clock.step()
      await settled(waiting)
    }
  }
  faults.inflict('cut')
  await rounds(200)
  const [before, fromMs, heapBefore] = [asked(observed), clock.now(), usedHeapBytes()]
  await rounds(700)
  const grown = usedHeapBytes() - heapBefore
  const rate = rateSince(observed, before, fromMs)
  t.comment(`${rate.toFixed(3)} reconnects/s in ${Math.round((clock.now() - fromMs) / 1000)} s, heap ${Math.round(grown / 1024)} KiB`)
  t.ok(rate <= 1, `${rate} reconnects/s`)
  t.ok(grown < 5_000_000, `heap grew by ${grown} bytes`)
  const waits = clock.waits.filter(isBackoff)
  t.ok(new Set(waits).size > waits.length * 0.9, 'no two waits are the same')
  t.ok(Math.max(...waits) > 15_000, 'they grow while watches do not last')
  faults.inflict('none')
  await recovers(t, observed)
})

t.test('410 Gone is answered with a new list, as often', async (t) => {
  const observed = await observe(t)
  const { faults, clock, paper, waiting } = observed
  const [before, fromMs] = [asked(observed), clock.now()]
  faults.inflict('expired')
  for (let round = 0; round < 200; round++) {
    paper.change()
    await settled(waiting)
    clock.step()
    await settled(waiting)
  }
  const rate = rateSince(observed, before, fromMs)
  t.ok(rate <= 1, `${rate} reconnects/s`)
  for (const [i, { lists }] of asked(observed).entries()) t.ok(lists - (before[i]?.lists ?? 0) > 20, `${resources[i]} listed again`)
  faults.inflict('none')
  await recovers(t, observed)
})

t.test('an API that goes silent for five minutes is found out, and what it held back is seen afterwards', async (t) => {
  const observed = await observe(t, 200_000)
  const { faults, clock, paper, view, waiting, same } = observed
  const before = asked(observed)
  faults.inflict('silent')
  paper.change()
  const fromMs = clock.now()
  // The watches that are open are found to be dead by the next list, which is due within 300 s.
  while (clock.now() < fromMs + 600_000 || !waiting()) {
    clock.step()
    await settled(() => clock.pending(isBackoff) + clock.pending(isAnswer) + clock.pending(isRefresh) >= resources.length)
  }
  t.match(view.fleet(), { access: 'absent', stale: true, detail: /no answer within 10 s/ })
  t.ok((view.staleForMs ?? 0) >= 600_000, 'its age is told')
  t.ok(rateSince(observed, before, fromMs) <= 1)
  t.notOk(same())
  faults.inflict('none')
  await recovers(t, observed)
})

for (const [name, access] of [
  ['forbidden', 'forbidden'],
  ['gone from its port', 'absent'],
] as const) {
  t.test(`an API that is ${name} is asked ever less, and said to be`, async (t) => {
    const observed = await observe(t)
    const { faults, clock, paper, view, waiting } = observed
    if (access === 'forbidden') faults.inflict('forbidden')
    else await observed.leave()
    paper.change()
    const fromMs = clock.now()
    const waitsBefore = clock.waits.length
    while (clock.now() < fromMs + 300_000) {
      await settled(waiting)
      clock.step()
    }
    await settled(waiting)
    t.match(view.fleet(), { access, stale: true })
    const tries = clock.waits.slice(waitsBefore).filter(isBackoff).length / resources.length
    t.ok(tries < 60, `${tries} tries in five minutes`)
    if (access === 'forbidden') faults.inflict('none')
    else await observed.comeBack()
    await recovers(t, observed)
  })
}
