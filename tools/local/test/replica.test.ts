import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { Replica, type ReplicaOptions } from '../replica.ts'
import { leftOver } from './processes.ts'
import { Running } from './running.ts'

// Real processes: a busy machine takes its time.
t.setTimeout(90_000)

const main = new URL('fixtures/service.ts', import.meta.url)
const OWNER = fileURLToPath(new URL('fixtures/owner.ts', import.meta.url))

/** A replica of the fixture, with what it has been through and its log. */
async function start(t: Test, env: Record<string, string> = {}, options: Partial<ReplicaOptions> = {}) {
  const logFile = join(t.testdir({}), 'replica.log')
  const states: string[] = []
  const { promise: ready, resolve } = Promise.withResolvers<void>()
  const replica = await Replica.start({
    name: 'orders-1',
    main,
    env: { DRAIN_DELAY_MS: '150', ...env },
    cpuLimitMillicores: 0,
    logFile,
    onChange: ({ state }) => {
      states.push(state)
      if (state === 'ready') resolve()
    },
    ...options,
  })
  t.teardown(async () => {
    replica.kill()
    await replica.exited
  })
  const ask = async (path: string) => await (await fetch(`http://127.0.0.1:${replica.port}${path}`)).text()
  return { replica, states, ready, ask, log: () => readFileSync(logFile, 'utf8') }
}

t.test('from start to ready, with an environment of its own', async (t) => {
  process.env.SECRET_OF_THE_SHELL = 'x'
  const { replica, states, ready, ask } = await start(t, { PGHOST: 'db' })
  t.match([replica.state, replica.readyAtMs], ['starting', undefined])
  await ready
  t.strictSame(states, ['ready'])
  t.ok(Number(replica.readyAtMs) >= replica.startedAtMs)
  t.equal(await ask('/'), 'orders-1')
  const env = JSON.parse(await ask('/env'))
  t.match(env, { PGHOST: 'db', HOST: '127.0.0.1', POD_NAME: 'orders-1', PORT: String(replica.port), OPS_PORT: String(replica.opsPort) })
  t.equal(env.SECRET_OF_THE_SHELL, undefined)
  t.equal(env.CPU_LIMIT_MILLICORES, undefined)
  t.equal(await ask('/throttled'), 'undefined')
})

t.test('a CPU limit is handed on', async (t) => {
  const { ready, ask } = await start(t, {}, { cpuLimitMillicores: 500 })
  await ready
  t.equal(JSON.parse(await ask('/env')).CPU_LIMIT_MILLICORES, '500')
  t.equal(await ask('/throttled'), 'function')
})

t.test('it is ready when it says so, and not before', async (t) => {
  const { replica, ready } = await start(t, { NOT_READY_MS: '400' })
  while (replica.readiness === undefined) await new Promise((resolve) => setTimeout(resolve, 5))
  const { ok, sinceMs } = replica.readiness
  t.ok(!ok && sinceMs <= replica.startedAtMs + 400, 'no at first')
  await ready
  t.ok(Number(replica.readyAtMs) - replica.startedAtMs >= 400)
  t.match(replica.readiness, { ok: true, sinceMs: Number }, 'and yes since then')
})

t.test('a crash while it runs', async (t) => {
  const { replica, states, ready, ask, log } = await start(t)
  await ready
  await ask('/crash').catch(() => {})
  await replica.exited
  t.strictSame(states, ['ready', 'gone'])
  t.equal(replica.failure, 'exited with 7')
  t.match(log(), /up/)
})

t.test('a crash at boot, with its last words in the log', async (t) => {
  const { replica, states, log } = await start(t, { FAULT: 'crash' })
  await replica.exited
  t.strictSame(states, ['gone'])
  t.equal(replica.failure, 'exited with 3')
  t.match(log(), /no good/)
})

t.test('killed by somebody else', async (t) => {
  const { replica, ready } = await start(t)
  await ready
  process.kill(replica.pid as number, 'SIGKILL')
  await replica.exited
  t.equal(replica.failure, 'was ended by SIGKILL')
})

t.test('never ready is a failure too', async (t) => {
  const { replica, states } = await start(t, { FAULT: 'slow' }, { readyTimeoutMs: 300 })
  await replica.exited
  t.strictSame(states, ['gone'])
  t.equal(replica.failure, 'was not ready within 0.3 s')
})

t.test('SIGTERM lets it drain, and asking again does not cut that short', async (t) => {
  const { replica, states, ready, log } = await start(t)
  await ready
  const first = replica.stop(5000)
  await Promise.all([first, replica.stop(5000)])
  t.strictSame(states, ['ready', 'terminating', 'gone'])
  t.equal(log(), 'up\nSIGTERM\ndrained\n')
  t.equal(replica.failure, undefined)
  await replica.stop(5000)
})

t.test('SIGINT is the short way, also for one that drains already', async (t) => {
  const { replica, ready, log } = await start(t, { DRAIN_DELAY_MS: '60000' })
  await ready
  const first = replica.stop(60_000)
  while (!log().includes('SIGTERM')) await new Promise((resolve) => setTimeout(resolve, 10))
  await replica.stop(60_000, 'SIGINT')
  await first
  t.match(log(), 'up\nSIGTERM\nSIGINT\n')
  t.equal(replica.failure, undefined)
})

t.test('what does not leave in time is killed', async (t) => {
  const { replica, ready, log } = await start(t, { FAULT: 'deaf' })
  await ready
  const startedAt = performance.now()
  await replica.stop(300)
  t.ok(performance.now() - startedAt >= 300)
  t.equal(log(), 'up\nSIGTERM\n')
  t.equal(replica.failure, undefined)
})

t.test('it ends with the process that started it, even one that was killed', async (t) => {
  const owner = new Running(t, [OWNER])
  const pid = Number((await owner.prints(/\d+\n/))[0])
  t.match(await leftOver([pid], OWNER, 0), [OWNER, /service\.ts/], 'both live')
  await owner.end('SIGKILL')
  t.strictSame(await leftOver([pid], OWNER), [])
})

t.test('a program that cannot be started', async (t) => {
  const changed = new Promise<Replica>((resolve) => {
    void start(t, {}, { main: new URL('fixtures/none.ts', import.meta.url), onChange: resolve })
  })
  const { failure } = await changed
  t.equal(failure, 'exited with 1')
})
