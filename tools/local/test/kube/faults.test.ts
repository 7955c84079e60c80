/** What can be wrong with the API, as a client sees it. */
import t, { type Test } from 'tap'
import { KubeFaults } from '../../kube/faults.ts'
import { serveKube } from '../../kube/server.ts'
import { Store } from '../../kube/store.ts'
import { pod } from './objects.ts'

const pods = '/api/v1/namespaces/default/pods'

async function start(t: Test) {
  const store = new Store()
  const faults = new KubeFaults({ cutAfterMs: 1 })
  const api = await serveKube(store, { faults, bookmarkIntervalMs: 5 })
  t.teardown(() => api.close())
  const get = (query = '', signal?: AbortSignal) => fetch(`${api.url}${pods}${query}`, signal ? { signal } : {})
  const watch = async () => {
    const reply = await get('?watch=1&resourceVersion=0&allowWatchBookmarks=true')
    const reader = (reply.body as ReadableStream).pipeThrough(new TextDecoderStream()).getReader()
    return { status: reply.status, reader }
  }
  return { store, faults, get, watch }
}

t.test('cut: watches are torn off and closed in turn, those that are open and those to come; lists are answered', async (t) => {
  const { faults, get, watch } = await start(t)
  const { reader } = await watch()
  await reader.read()
  const open = (async () => {
    while (!(await reader.read()).done);
  })()
  faults.inflict('cut')
  await t.rejects(open)
  const next = await watch()
  while (!(await next.reader.read()).done);
  t.equal((await get()).status, 200)
  t.equal(faults.ended, 2)
  t.strictSame(faults.asked('pods'), { lists: 1, watches: 2 })
})

t.test('expired: 410 as an event and as the answer in turn', async (t) => {
  const { faults, watch } = await start(t)
  faults.inflict('expired')
  const first = await watch()
  t.equal(first.status, 200)
  let text = ''
  for (let part = await first.reader.read(); !part.done; part = await first.reader.read()) text += part.value
  t.match(text, /"type":"ERROR".*"code":410/)
  t.equal((await watch()).status, 410)
})

t.test('silent: nothing is said, and a watch that was open then never speaks again', async (t) => {
  const { store, faults, get, watch } = await start(t)
  const { reader } = await watch()
  await reader.read()
  faults.inflict('silent')
  await t.rejects(get('', AbortSignal.timeout(50)))
  faults.inflict('none')
  t.equal((await get()).status, 200)
  store.create('pods', pod('later'))
  const other = await watch()
  t.match((await other.reader.read()).value, /later/)
  const first = await Promise.race([drain(reader), drain(other.reader, 5).then(() => 'silent')])
  t.equal(first, 'silent')
})

/** Resolves with `spoke` once a pod was told of, or after so many parts. */
async function drain(reader: ReadableStreamDefaultReader<string>, partsMax = Number.POSITIVE_INFINITY): Promise<string> {
  for (let parts = 0; parts < partsMax; parts++) if ((await reader.read()).value?.includes('later')) return 'spoke'
  return 'enough'
}

t.test('forbidden: 403 in the words of the API, for lists and watches', async (t) => {
  const { faults, get, watch } = await start(t)
  faults.inflict('forbidden')
  t.match(await (await get()).json(), { kind: 'Status', code: 403, reason: 'Forbidden' })
  t.equal((await watch()).status, 403)
})
