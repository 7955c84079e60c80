import t from 'tap'
import { TurnQueue } from '../turn-queue.ts'

/** A loop whose turns end when told, and whose clock moves by the work that is done. */
function loop() {
  let nowMs = 0
  let deferred: (() => void)[] = []
  const queue = new TurnQueue(
    () => nowMs,
    (work) => deferred.push(work),
  )
  const begun: string[] = []
  const take = (name: string, rank: number, workMs: number) =>
    queue.wait(rank, nowMs, (late) => {
      begun.push(late ? `${name} late` : name)
      if (!late) nowMs += workMs
      return true
    })
  const endTurn = () => {
    const works = deferred
    deferred = []
    for (const work of works) work()
  }
  return { queue, begun, take, endTurn, pass: (ms: number) => (nowMs += ms), now: () => nowMs }
}

t.test('a turn is free for a few milliseconds, and no longer once somebody waits', async (t) => {
  const { queue, take, endTurn } = loop()
  t.ok(queue.isFree(1, 100) && queue.isFree(1, 101))
  t.notOk(queue.isFree(1, 102))
  t.ok(queue.isFree(2, 102), 'the next turn is young again')
  take('a', 2, 1)
  t.notOk(queue.isFree(3, 106))
  endTurn()
  t.ok(queue.isFree(4, 107))
})

t.test('the dearest go first, each rank in its order, a few a turn', async (t) => {
  const { queue, begun, take, endTurn } = loop()
  for (const name of ['b1', 'b2', 'b3']) take(name, 2, 1)
  take('s1', 1, 1)
  take('f1', 0, 1)
  endTurn()
  t.strictSame([begun.join(), queue.size], ['f1,s1', 3])
  take('f2', 0, 1)
  endTurn()
  endTurn()
  t.strictSame([begun.join(), queue.size], ['f1,s1,f2,b1,b2,b3', 0])
})

t.test('one at least is begun a turn, however long it takes', async (t) => {
  const { begun, take, endTurn } = loop()
  for (const name of ['a', 'b']) take(name, 2, 50)
  endTurn()
  t.strictSame(begun, ['a'])
  endTurn()
  t.strictSame(begun, ['a', 'b'])
})

t.test('it is full for a rank when what goes first takes longer than that rank may wait', async (t) => {
  const { queue, take, endTurn } = loop()
  const crowd = (requests: number, rank: number) => {
    for (let i = 0; i < requests; i++) take('x', rank, 5)
  }
  for (let i = 0; i < 1000; i++) {
    crowd(1, 2)
    endTurn()
  }
  crowd(30, 2)
  t.notOk(queue.isFull(2))
  crowd(1, 2)
  t.ok(queue.isFull(2), '31 that take 5 ms each are more than 150 ms')
  t.notOk(queue.isFull(1), 'they do not stand before who starts an order')
  crowd(31, 0)
  t.notOk(queue.isFull(0))
  t.notOk(queue.isFull(1), '31 before it are 155 of 300 ms')
  crowd(31, 0)
  t.ok(queue.isFull(1))
})

t.test('the first requests of a process, which are slow, are not taken for the pace', async (t) => {
  const { queue, take, endTurn } = loop()
  take('cold', 2, 60)
  endTurn()
  for (let i = 0; i < 20; i++) take('b', 2, 2)
  t.notOk(queue.isFull(2))
})

t.test('where requests are dear, as many may wait as do at nine tenths of the capacity', async (t) => {
  const { queue, take, endTurn } = loop()
  for (let i = 0; i < 60; i++) {
    take('x', 2, 20)
    endTurn()
  }
  for (let i = 0; i < 25; i++) take('b', 2, 20)
  t.notOk(queue.isFull(2), '500 ms, for 25 requests')
  take('b', 2, 20)
  t.ok(queue.isFull(2))
})

t.test('who waited four times as long as foreseen is not begun', async (t) => {
  const { begun, take, endTurn, pass } = loop()
  take('browse', 2, 1)
  take('finish', 0, 1)
  pass(601)
  endTurn()
  t.strictSame(begun, ['browse late', 'finish'])
})

t.test('who stands behind dearer ones that keep coming is told in time', async (t) => {
  const { queue, begun, take, endTurn, now } = loop()
  take('browse', 2, 4)
  while (!begun.includes('browse late')) {
    take('start', 1, 4)
    take('start', 1, 4)
    endTurn()
    if (now() > 1000) return t.fail('nobody told')
  }
  t.ok(now() <= 610, `after ${now()} ms`)
  t.ok(queue.size > 20, 'the others still come first')
})

t.test('a request for which this turn has no room stays at the head of the queue', async (t) => {
  const { queue, endTurn } = loop()
  let room = false
  const begun: string[] = []
  for (const name of ['a', 'b'])
    queue.wait(2, 0, () => {
      if (room) begun.push(name)
      return room
    })
  endTurn()
  t.strictSame([begun, queue.size], [[], 2])
  room = true
  endTurn()
  t.strictSame([begun, queue.size], [['a', 'b'], 0])
})

t.test('each rank is bounded, and cheaper ones do not fill the bound of the dearer', async (t) => {
  const { queue, take } = loop()
  for (let i = 0; i < 1000; i++) take('x', 2, 0)
  t.strictSame(
    [2, 1, 0].map((rank) => queue.isFull(rank)),
    [true, false, false],
  )
  for (let i = 0; i < 1000; i++) take('x', 0, 0)
  t.ok(queue.isFull(0))
})
