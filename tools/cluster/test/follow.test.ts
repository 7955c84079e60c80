import { readFileSync } from 'node:fs'
import type { LoadSample } from '@headroom/report/sample'
import t from 'tap'
import { KubeApi } from '../kube-api.ts'
import type { ContainerStatus } from '../kube-types.ts'
import { Surge } from '../surge.ts'
import { fakeKubectl } from './fake-kubectl.ts'
import { pod } from './objects.ts'

const target = { context: undefined, namespace: 'headroom' }
const path = '/api/v1/namespaces/headroom/pods?labelSelector=job-name%3Dheadroom-load'
const job = (state: ContainerStatus['state']) => {
  const statuses = [{ name: 'load', restartCount: 0, state }]
  return {
    [path]: {
      body: {
        items: [
          pod('headroom-load-x', {
            initContainerStatuses: statuses,
            containerStatuses: [{ ...statuses[0], name: 'invariants' } as ContainerStatus],
          }),
        ],
      },
    },
  }
}
const second = (n: number) => `${JSON.stringify({ t: n, atMs: n * 1000, stage: 'calm', offered: 1, ok: 1, p50Ms: 1, p99Ms: 2 })}\n`
const summary = `${JSON.stringify({ summary: { requests: { failed: 0 } } })}\n`

t.test('a connection that breaks is taken up again, and no second of load counts twice', async (t) => {
  const { change, calls } = fakeKubectl(t, { paths: job({ running: {} }), logs: [second(1) + second(2), second(2) + second(3) + summary] })
  const api = await KubeApi.open(target)
  t.teardown(() => api.close())
  const seen: number[] = []
  let ended = false
  const sink = {
    offered: (sample: LoadSample & { t?: number }) => {
      seen.push(sample.t ?? 0)
      if (sample.t === 3) change({ paths: job({ terminated: { exitCode: 0 } }) })
    },
    loadEnded: () => {
      ended = true
    },
  }
  t.same(await new Surge(target, api).load(sink), { requests: { failed: 0 } })
  t.same(seen, [1, 2, 3])
  t.ok(ended)
  const [first, again] = readFileSync(calls, 'utf8').trim().split('\n')
  t.notMatch(first, /--since-time/)
  t.match(again, /--follow headroom-load-x --container load --since-time=20/)
})

t.test('load that ends without a summary is told with its words', async (t) => {
  fakeKubectl(t, { paths: job({ terminated: { exitCode: 1 } }), logs: ['the shop cannot be read\n'] })
  const api = await KubeApi.open(target)
  t.teardown(() => api.close())
  await t.rejects(new Surge(target, api).load({ offered: () => {}, loadEnded: () => {} }), {
    name: 'ClusterError',
    message: 'The load ended with exit code 1 and no summary: the shop cannot be read',
  })
})

t.test('the invariants, or why nothing could be checked', async (t) => {
  const { change } = fakeKubectl(t, {
    paths: job({ terminated: { exitCode: 1 } }),
    logs: ['      holds   checked\nI1    yes     12   stock\nI2    NO       3   tickets\n'],
  })
  const api = await KubeApi.open(target)
  t.teardown(() => api.close())
  const told: string[] = []
  const surge = new Surge(target, api)
  t.same(await surge.invariants((line) => told.push(line)), { I1: { holds: true, checked: 12 }, I2: { holds: false, checked: 3 } })
  t.equal(told.length, 3)
  change({ paths: job({ terminated: { exitCode: 2 } }), logs: ['', 'no such database\n'] })
  await t.rejects(
    surge.invariants(() => {}),
    { message: /not checked \(exit code 2\): no such database/ },
  )
})
