import { once } from 'node:events'
import { get } from 'node:http'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { AcceptQueueGuard } from '../accept-queue.ts'

t.test('the refused share follows the wait of new connections and its trend, and melts away', async (t) => {
  const guard = new AcceptQueueGuard()
  t.notOk(guard.refuses(1, 0))
  guard.adjust(100, 1)
  const { share } = guard
  guard.adjust(600, 1)
  t.ok(guard.share > share + 0.3, 'a queue that grows is answered at once')
  const grown = guard.share
  guard.adjust(600, 1)
  t.ok(guard.share > grown && guard.share < grown + 0.2, 'one that stands, in steps')
  guard.adjust(200, 1)
  t.ok(guard.share < grown, 'one that goes, before it is gone')
  for (let i = 0; i < 50; i++) guard.adjust(5000, 1)
  t.equal(guard.share, 0.95, 'something is always let through')
  guard.adjust(0, 100)
  t.equal(guard.share, 0, 'after an idle time nothing is left of it')
})

t.test('what finishes an order is refused last', async (t) => {
  const guard = new AcceptQueueGuard()
  guard.share = 0.8
  t.ok(guard.refuses(1, 0.79) && !guard.refuses(1, 0.81), 'four fifths of browsing')
  t.ok(guard.refuses(4, 0.4) && !guard.refuses(4, 0.42), 'two fifths of starting')
  t.ok(!guard.refuses(32, 0.001), 'next to nothing of finishing')
})

type Outcome = 'ok' | 'shed' | 'late'

/** One request on a connection of its own, by a client that gives up after a second. */
function ask(port: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const request = get({ port, host: '127.0.0.1', path: '/work', agent: false }, (reply) => {
      reply.resume()
      resolve(reply.statusCode === 200 ? 'ok' : reply.statusCode === 503 ? 'shed' : 'late')
    })
    request.setTimeout(1000, () => request.destroy())
    request.on('error', () => resolve('late'))
  })
}

t.test('at twice what it can do, for clients that connect anew each time, a service still answers in time', async (t) => {
  const worker = new Worker(new URL('busy-server.ts', import.meta.url))
  t.teardown(() => worker.terminate())
  const [port] = (await once(worker, 'message')) as [number]
  const outcomes: Promise<Outcome>[] = []
  const offer = setInterval(() => outcomes.push(ask(port)), 4)
  await new Promise((resolve) => setTimeout(resolve, 4000))
  const early = outcomes.length
  await new Promise((resolve) => setTimeout(resolve, 3000))
  clearInterval(offer)
  const lastSeconds = await Promise.all(outcomes.slice(early))
  const count = (wanted: Outcome) => lastSeconds.filter((outcome) => outcome === wanted).length
  t.comment(`${count('ok')} ok, ${count('shed')} shed, ${count('late')} late of ${lastSeconds.length}`)
  t.ok(count('shed') > 0, 'the excess is refused')
  t.ok(count('late') < lastSeconds.length * 0.1, 'at most a tenth waits for more than a second, without the guard all do')
  t.ok(count('ok') > lastSeconds.length * 0.15, 'and the others are served')
})
