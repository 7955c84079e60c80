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
  t.ok(queue.isFree(1, 100) && queue.isFree(1, 104))
  t.notOk(queue.isFree(1, 105))
  t.ok(queue.isFree(2, 105), 'the next turn is young again')
  take('a', 2, 1)
  t.notOk(queue.isFree(3, 106))
  endTurn()
  t.ok(queue.isFree(4, 107))
})

t.test('the dearest go first, each rank in its order, a few a turn', async (t) => {
  const { queue, begun, take, endTurn } = loop()
  for (const name of ['b1', 'b2', 'b3']) take(name, 2, 3)
  take('s1', 1, 3)
  take('f1', 0, 3)
  endTurn()
  t.strictSame([begun.join(), queue.size], ['f1,s1', 3])
  take('f2', 0, 3)
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
  for (let i = 0; i < 60; i++) {
    take('x', 2, 10)
    endTurn()
  }
  for (let i = 0; i < 14; i++) take('b', 2, 10)
  t.notOk(queue.isFull(2))
  for (let i = 0; i < 3; i++) take('b', 2, 10)
  t.ok(queue.isFull(2), '17 that take 10 ms each are more than 150 ms')
  t.notOk(queue.isFull(1), 'they do not stand before who starts an order')
  for (let i = 0; i < 17; i++) take('f', 0, 10)
  t.notOk(queue.isFull(0))
  t.notOk(queue.isFull(1), '17 before it are 170 of 300 ms')
  for (let i = 0; i < 17; i++) take('f', 0, 10)
  t.ok(queue.isFull(1))
})

t.test('who waited twice as long as foreseen is not begun', async (t) => {
  const { begun, take, endTurn, pass } = loop()
  take('browse', 2, 1)
  take('finish', 0, 1)
  pass(301)
  endTurn()
  t.strictSame(begun, ['finish', 'browse late'])
})

t.test('it is bounded', async (t) => {
  const { queue, take } = loop()
  for (let i = 0; i < 1000; i++) take('x', 0, 0)
  t.ok(queue.isFull(0))
})
