import t from 'tap'
import { tagOf } from '../revision.ts'

const commit = '0123456789abcdef0123456789abcdef01234567\n'

t.test('a checkout as committed is named by its commit', async (t) => {
  t.equal(tagOf(commit, '', []), '0123456789ab')
})

t.test('a changed or a new file gives another name, the same changes the same name', async (t) => {
  const changed = tagOf(commit, 'diff --git a b', [])
  t.match(changed, /^0123456789ab-dirty-[0-9a-f]{8}$/)
  t.equal(tagOf(commit, 'diff --git a b', []), changed)
  const added = tagOf(commit, '', [{ path: 'kit/new.ts', contents: 'a' }])
  t.not(added, changed)
  t.not(tagOf(commit, '', [{ path: 'kit/new.ts', contents: 'b' }]), added)
  t.not(tagOf(commit, '', [{ path: 'kit/other.ts', contents: 'a' }]), added)
})
