import t from 'tap'
import { imageNames, repository, sizeOf } from '../images.ts'

const history = `0\tCMD ["main.ts"]
31497666\tCOPY /app ./ # buildkit
0\tWORKDIR /app
149742352\tCOPY /node / # buildkit
16626498\t
`

t.test("an image's own size is what lies above the layer with Node", async (t) => {
  t.same(sizeOf(history), { totalBytes: 31497666 + 149742352 + 16626498, ownBytes: 31497666 })
})

t.test('without that layer nothing is claimed', async (t) => {
  t.throws(() => sizeOf('5\tCOPY /app ./\n'), /no layer copies \/node/)
})

t.test('repositories are named as the chart names them', async (t) => {
  t.equal(repository('orders', undefined), 'headroom/orders')
  t.equal(repository('orders', 'registry.example/team/'), 'registry.example/team/headroom/orders')
})

t.test('all services and the tools of the cluster have an image; what is no program is refused', async (t) => {
  const all = await imageNames([])
  for (const name of ['hello', 'gateway', 'load', 'invariants']) t.ok(all.includes(name), name)
  t.same(await imageNames(['counted-work']), ['counted-work'])
  await t.rejects(imageNames(['nope']), { name: 'UsageError', message: /nope is no image/ })
})
