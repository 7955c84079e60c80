import { performance } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { problems } from '@headroom/kit/errors'
import t from 'tap'
import { Batcher } from '../lib/batcher.ts'

const later = () => performance.now() + 60_000

/** A `run` whose batches wait until they are told to finish. */
function manualRun() {
  const batches: { items: number[]; finish: (error?: Error) => void }[] = []
  const run = (items: number[]) =>
    new Promise<(string | Error)[]>((resolve, reject) => {
      batches.push({ items, finish: (error) => (error ? reject(error) : resolve(items.map((item) => `done ${item}`))) })
    })
  return { batches, run }
}

t.test('what is submitted in one turn is one batch, and what arrives during it is the next, in order', async (t) => {
  const { batches, run } = manualRun()
  const batcher = new Batcher({ run, batchMax: 10, queueMax: 10 })
  const first = [1, 2, 3].map((item) => batcher.submit(item, later()))
  t.equal(batches.length, 0, 'nothing runs within the turn')
  await turn()
  const second = [4, 5].map((item) => batcher.submit(item, later()))
  await turn()
  t.strictSame(
    batches.map(({ items }) => items),
    [[1, 2, 3]],
    'one batch at a time',
  )
  t.equal(batcher.waiting, 2)
  batches[0]?.finish()
  t.strictSame(await Promise.all(first), ['done 1', 'done 2', 'done 3'])
  await turn()
  t.strictSame(batches[1]?.items, [4, 5])
  batches[1]?.finish()
  t.strictSame(await Promise.all(second), ['done 4', 'done 5'])
})

t.test('a batch has a maximum and the rest follows at once', async (t) => {
  const seen: number[][] = []
  const run = async (items: number[]) => {
    seen.push(items)
    return items
  }
  const batcher = new Batcher({ run, batchMax: 2, queueMax: 10 })
  t.strictSame(await Promise.all([1, 2, 3, 4, 5].map((item) => batcher.submit(item, later()))), [1, 2, 3, 4, 5])
  t.strictSame(seen, [[1, 2], [3, 4], [5]])
  t.equal(await batcher.submit(6, later()), 6, 'idle again, it starts again')
})

t.test('an error among the answers rejects its own item, a failed batch rejects all of them, and work goes on', async (t) => {
  let calls = 0
  const run = async (items: number[]) => {
    if (++calls === 2) throw new Error('the statement failed')
    return items.map((item) => (item === 2 ? problems.overloaded() : item))
  }
  const batcher = new Batcher<number, number>({ run, batchMax: 10, queueMax: 10 })
  const mixed = await Promise.allSettled([1, 2, 3].map((item) => batcher.submit(item, later())))
  t.strictSame(
    mixed.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  const failed = await Promise.allSettled([4, 5].map((item) => batcher.submit(item, later())))
  t.match(failed, [{ reason: { message: 'the statement failed' } }, { reason: { message: 'the statement failed' } }])
  t.equal(await batcher.submit(6, later()), 6)
})

t.test('what waited past its deadline is refused and never run', async (t) => {
  const { batches, run } = manualRun()
  const batcher = new Batcher({ run, batchMax: 10, queueMax: 10 })
  const first = batcher.submit(1, later())
  await turn()
  const late = batcher.submit(2, performance.now() + 1)
  const patient = batcher.submit(3, later())
  await new Promise((resolve) => setTimeout(resolve, 5))
  batches[0]?.finish()
  await t.rejects(late, { code: 'deadline_exceeded', status: 503 })
  await turn()
  t.strictSame(batches[1]?.items, [3])
  batches[1]?.finish()
  t.strictSame(await Promise.all([first, patient]), ['done 1', 'done 3'])
})

t.test('a whole batch past its deadline costs no statement', async (t) => {
  const { batches, run } = manualRun()
  const batcher = new Batcher({ run, batchMax: 10, queueMax: 10 })
  await t.rejects(batcher.submit(1, performance.now() - 1), { code: 'deadline_exceeded' })
  t.equal(batches.length, 0)
})

t.test('the queue is bounded: more is refused as overloaded with a time to come back', async (t) => {
  const { batches, run } = manualRun()
  const batcher = new Batcher({ run, batchMax: 10, queueMax: 2 })
  const running = batcher.submit(1, later())
  await turn()
  const waiting = [batcher.submit(2, later()), batcher.submit(3, later())]
  await t.rejects(batcher.submit(4, later()), { code: 'overloaded', status: 503, retryAfterS: 1 })
  batches[0]?.finish()
  await running
  await turn()
  batches[1]?.finish()
  await Promise.all(waiting)
  t.strictSame(batches[1]?.items, [2, 3])
})
