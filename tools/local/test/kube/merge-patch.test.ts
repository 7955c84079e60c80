import t from 'tap'
import { mergePatch } from '../../kube/merge-patch.ts'

// https://www.rfc-editor.org/rfc/rfc7396#appendix-A
const CASES: [unknown, unknown, unknown][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
]

for (const [target, patch, result] of CASES) {
  t.test(`${JSON.stringify(target)} with ${JSON.stringify(patch)}`, async (t) => t.strictSame(mergePatch(target, patch), result))
}

t.test('a patch that nests without end is refused', async (t) => {
  const deep = JSON.parse(`${'{"a":'.repeat(100)}1${'}'.repeat(100)}`)
  t.throws(() => mergePatch({}, deep), RangeError)
})

t.test('a prototype is not reached', async (t) => {
  mergePatch({}, JSON.parse('{"__proto__":{"polluted":true}}'))
  t.notOk('polluted' in {})
})
