import t from 'tap'
import { Broadcast } from '../lib/broadcast.ts'

function reader(writableLength = 0) {
  const written: string[] = []
  const fake = { writableLength, destroyed: false, ended: '', writeHead() {}, write: (text: string) => written.push(text) }
  const response = Object.assign(fake, {
    destroy: () => {
      fake.destroyed = true
    },
    end: (text: string) => {
      fake.ended = text
    },
  })
  return { response, written }
}

t.test('every reader gets every event; one that does not read is let go; the end is an event', async (t) => {
  const broadcast = new Broadcast()
  const [one, two, slow] = [reader(), reader(), reader(2_000_000)]
  for (const { response } of [one, two, slow]) broadcast.add(response)
  broadcast.send('sample', { a: 1 })
  t.same(one.written, ['event: sample\ndata: {"a":1}\n\n'])
  t.same(two.written, one.written)
  t.ok(slow.response.destroyed)
  broadcast.end('bye')
  t.equal(one.response.ended, 'event: bye\ndata: {}\n\n')
  t.equal(broadcast.size, 0)
})

t.test('a reader that left gets nothing', async (t) => {
  const broadcast = new Broadcast()
  const one = reader()
  broadcast.add(one.response)()
  broadcast.send('sample', {})
  t.same(one.written, [])
})
