import t, { type Test } from 'tap'
import { deadlineHeader } from '../deadlines.ts'
import { problems } from '../errors.ts'
import { type App, listening, metric, until } from './helper.ts'

const series = /^http_server_request_duration_seconds_count\{.*http_response_status_code="(\d+)"\} (\d+)$/gm

/** Asks for each of the given times, and then tells what was counted by status, and how many lines told of a failure. */
async function counted(t: Test, app: App, given: (string | undefined)[], env = {}) {
  const { service, url } = await listening(t, app, env)
  const lines = t.capture(service.server.log, 'warn')
  for (const timeMs of given) {
    const reply = await fetch(`${url}/work`, { headers: timeMs === undefined ? {} : { [deadlineHeader]: timeMs } })
    if (reply.status !== 503) throw new Error(`answered ${reply.status}`)
    await reply.text()
  }
  await until(async () => (await metric(service, 'http_server_active_requests')) === 0)
  const { body } = await service.ops.inject('/metrics')
  return { statuses: Object.fromEntries([...body.matchAll(series)].map(([, status, n]) => [status, Number(n)])), failures: lines().length }
}

const never: App = (server) => void server.get('/work', () => new Promise(() => {}))
const fails: App = (server) =>
  void server.get('/work', () => {
    throw problems.dependency_unavailable()
  })

t.test('who allows no time is no failure of the service', async (t) => {
  const given = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? '0' : '-5'))
  t.strictSame(await counted(t, never, given), { statuses: { 499: 100 }, failures: 0 })
})

t.test('nor is who allows too little, whether the service or a peer of it runs out of time', async (t) => {
  t.strictSame(await counted(t, never, ['1', '60']), { statuses: { 499: 2 }, failures: 0 })
  t.strictSame(await counted(t, fails, ['1', '60']), { statuses: { 499: 2 }, failures: 0 })
})

t.test("the service's own deadline counts, also when a caller would wait longer", async (t) => {
  const env = { HANDLER_TIMEOUT_MS: '60' }
  t.strictSame(await counted(t, never, [undefined, '60', '5000'], env), { statuses: { 503: 3 }, failures: 3 })
})

t.test('so does what fails while there is time', async (t) => {
  t.strictSame(await counted(t, fails, [undefined, '3000', '5000']), { statuses: { 503: 3 }, failures: 3 })
})
