import { run } from '@headroom/cluster/command'
import { kindName } from '@headroom/cluster/kind'
import { rehearseNodes } from '@headroom/cluster/nodes'
import t from 'tap'
import { onSale } from './helper.ts'

t.test('nodes and pods are taken away from a cluster with two workers', async (t) => {
  const removeCluster = async () => {
    await run('kind', ['delete', 'cluster', '--name', await kindName()])
  }
  // Another shape of cluster with the same name and port: the one that the other tests used makes way.
  await removeCluster()
  t.teardown(removeCluster)
  const note = (text: string) => t.comment(text)
  const verdicts = await rehearseNodes(await onSale(t, 'kind-ha'), { ratePerS: 4, quick: true }, note)
  t.ok(verdicts.length > 0)
  for (const { limit, figure, holds } of verdicts) t.ok(holds, `${limit}: ${figure}`)
})
