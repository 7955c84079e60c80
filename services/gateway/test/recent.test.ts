import t from 'tap'
import { Recent } from '../lib/recent.ts'

t.test('keeps the entries set last, at most max of them', async (t) => {
  const recent = new Recent<number>(2)
  recent.set('a', 1)
  recent.set('b', 2)
  recent.set('a', 3)
  recent.set('c', 4)
  t.equal(recent.size, 2)
  t.strictSame([recent.get('a'), recent.get('b'), recent.get('c')], [3, undefined, 4], 'b was set longest ago')
  recent.delete('a')
  t.equal(recent.get('a'), undefined)
})
