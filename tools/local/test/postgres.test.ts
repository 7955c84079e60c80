import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import t from 'tap'
import { startPostgres } from '../postgres.ts'

// Real processes: a busy machine takes its time.
t.setTimeout(90_000)

const KEEP_RUNNING = fileURLToPath(new URL('./fixtures/postgres-holder.ts', import.meta.url))

const connectAs = async (env: Record<string, string>, changes: pg.ClientConfig = {}) => {
  const client = new pg.Client({
    host: env.PGHOST,
    port: Number(env.PGPORT),
    user: env.PGUSER,
    password: env.PGPASSWORD,
    database: env.PGDATABASE,
    ...changes,
  })
  await client.connect()
  return client
}

const alive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

t.test('a server with a database for each service, apart from each other, that is gone after its stop', async (t) => {
  const folder = join(t.testdir({}), 'made', 'on', 'demand')
  const told: string[] = []
  const logFile = join(t.testdirName, 'postgres.log')
  const postgres = await startPostgres({ dataFolder: folder, logFile, onProgress: (text) => told.push(text) })
  t.strictSame(told, ['creating the database (a few seconds)', 'creating roles and databases for catalog, inventory, orders, payments'])
  t.match(postgres.env('orders'), { PGHOST: '127.0.0.1', PGPORT: String(postgres.port), PGDATABASE: 'orders', PGUSER: 'orders' })
  t.throws(() => postgres.env('gateway'), { message: 'gateway has no database; those with one are catalog, inventory, orders, payments' })

  const orders = await connectAs(postgres.env('orders'))
  await orders.query('CREATE TABLE note (text text)')
  const { rows } = await orders.query("SELECT current_setting('fsync') AS fsync, current_setting('max_connections') AS most")
  t.strictSame(rows, [{ fsync: 'on', most: '200' }])
  await orders.end()
  await t.rejects(connectAs(postgres.env('orders'), { database: 'payments' }), { message: /permission denied for database "payments"/ })
  await t.rejects(connectAs(postgres.env('orders'), { password: 'wrong' }), { message: /password authentication failed/ })
  const superuser = await connectAs(postgres.superuserEnv)
  await superuser.query('SELECT 1')
  superuser.on('error', () => undefined)

  const pid = Number.parseInt(readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8'), 10)
  await t.rejects(startPostgres({ dataFolder: folder, leavingMs: 0 }), {
    message: new RegExp(`a Postgres \\(process ${pid}\\) still runs in`),
  })
  await postgres.stop()
  t.notOk(alive(pid))
  await postgres.stop()
  t.match(readFileSync(logFile, 'utf8'), /database system is shut down/)

  const again = await startPostgres({ dataFolder: folder, services: ['orders'] })
  t.teardown(() => again.stop())
  const client = await connectAs(again.env('orders'))
  await t.rejects(client.query('SELECT * FROM note'), { code: '42P01' })
  await client.end()
})

t.test('Ctrl-C does not reach the server, and the end of its owner ends it, however that ends', async (t) => {
  const folder = join(t.testdir({}), 'data')
  const holder = spawn(process.execPath, [KEEP_RUNNING, folder], { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  const [line] = await once(holder.stdout, 'data')
  const { pid, port } = JSON.parse(String(line))
  // A terminal sends it to the whole group; the holder ignores it, as an engine that shuts down in order does at first.
  process.kill(-Number(holder.pid), 'SIGINT')
  const [echo] = await once(holder.stdout, 'data')
  t.match(String(echo), /interrupted/)
  t.ok(alive(pid))
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  const deadlineMs = performance.now() + 30_000
  while (alive(pid) && performance.now() < deadlineMs) await new Promise((resolve) => setTimeout(resolve, 20))
  t.notOk(alive(pid), 'the server followed')
  await t.rejects(connectAs({ PGHOST: '127.0.0.1', PGPORT: String(port) }), { code: 'ECONNREFUSED' })
})

t.test('a start right after a run was killed waits until its server has left', async (t) => {
  const folder = join(t.testdir({}), 'data')
  const holder = spawn(process.execPath, [KEEP_RUNNING, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => holder.kill('SIGKILL'))
  const [line] = await once(holder.stdout, 'data')
  const { pid, port } = JSON.parse(String(line))
  const refused = { message: new RegExp(`a Postgres \\(process ${pid}\\) still runs in`) }
  await t.rejects(startPostgres({ dataFolder: folder, services: [], leavingMs: 0 }), refused)
  const hurried = startPostgres({ dataFolder: folder, services: [], signal: AbortSignal.timeout(100) })
  await t.rejects(hurried, { name: 'TimeoutError' }, 'the wait can be ended')
  // Patient enough for any machine; one that does not wait is refused at once.
  const starting = startPostgres({ dataFolder: folder, services: [], leavingMs: 60_000 })
  setTimeout(() => holder.kill('SIGKILL'), 500)
  const postgres = await starting
  t.teardown(() => postgres.stop())
  // Not whether its process is there: one that has ended is, until somebody asks how. Its port may have been drawn again.
  if (postgres.port !== port) await t.rejects(connectAs({ PGHOST: '127.0.0.1', PGPORT: String(port) }), { code: 'ECONNREFUSED' })
  t.not(Number.parseInt(readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8'), 10), pid)
})

t.test('a folder that is not ours is left alone', async (t) => {
  const folder = t.testdir({ 'thesis.txt': 'years of work' })
  await t.rejects(startPostgres({ dataFolder: folder }), {
    message: `${folder} is not empty and no earlier run made it: choose another folder`,
  })
  t.ok(existsSync(join(folder, 'thesis.txt')))
})

t.test('what a dead server left is cleared, even with the number of a living process in its pid file', async (t) => {
  const folder = t.testdir({ 'headroom-postgres': '', data: { 'postmaster.pid': `${process.pid}\n`, PG_VERSION: '18' } })
  const { prepareFolder } = await import('../postgres-setup.ts')
  if (process.platform === 'linux') t.equal(await prepareFolder(folder, {}, { leavingMs: 0 }), join(folder, 'data'))
  writeFileSync(join(folder, 'data', 'postmaster.pid'), 'garbage')
  t.equal(await prepareFolder(folder, {}, { leavingMs: 0 }), join(folder, 'data'))
  t.notOk(existsSync(join(folder, 'data', 'postmaster.pid')))
})

t.test('a folder that cannot be made is named', async (t) => {
  const file = join(t.testdir({ file: '' }), 'file', 'below')
  await t.rejects(startPostgres({ dataFolder: file }), {
    message: `cannot write to ${file} (ENOTDIR): choose a folder that can be written`,
  })
})

t.test('the words of a program become a sentence', async (t) => {
  const { sentenceFor } = await import('../postgres-setup.ts')
  t.match(
    sentenceFor('initdb failed', 'initdb: error while loading shared libraries: libicuuc.so.60: cannot open shared object file'),
    /the system library libicuuc.so.60 is missing. Run npm run setup/,
  )
  t.match(sentenceFor('initdb failed', 'spawn /srv/x EACCES'), /must be able to reach this checkout/)
  t.equal(sentenceFor('Postgres did not start', 'LOG: starting\nFATAL: no room\nLOG: ended\n'), 'Postgres did not start: FATAL: no room')
})

t.test('programs that cannot run are told in a sentence, and the password is not left behind', async (t) => {
  const { findAccount, runInitdb } = await import('../postgres-setup.ts')
  const words = 'error while loading shared libraries: libicuuc.so.60: cannot open shared object file: No such file or directory'
  const folder = t.testdir({ data: {}, initdb: `#!/bin/sh\necho "$0: ${words}" >&2\nexit 127\n` })
  const initdb = join(folder, 'initdb')
  chmodSync(initdb, 0o755)
  await t.rejects(runInitdb(initdb, join(folder, 'data'), 'secret', await findAccount()), {
    message: /^initdb failed: the system library libicuuc\.so\.60 is missing\. Run npm run setup; if that does not help, install it/,
  })
  await t.rejects(runInitdb(join(folder, 'none'), join(folder, 'data'), 'secret', await findAccount()), {
    message: /^initdb failed: .*ENOENT/,
  })
  t.strictSame(readdirSync(folder).sort(), ['data', 'initdb'])
})

t.test('a start can be ended early, and leaves nothing', async (t) => {
  const folder = join(t.testdir({}), 'made')
  const ending = new AbortController()
  const onProgress = () => ending.abort(new Error('enough'))
  await t.rejects(startPostgres({ dataFolder: folder, signal: ending.signal, onProgress }), { message: 'enough' })
  t.strictSame(readdirSync(folder), ['headroom-postgres'])
})

t.test('importing it leaves the signals of the process alone', async (t) => {
  const count = "process.eventNames().filter((name) => String(name).startsWith('SIG')).length"
  const script = `await import('${new URL('../postgres.ts', import.meta.url)}'); console.log(${count})`
  // The test runner listens for signals in every Node process it can reach; not in this one.
  const { stdout } = await promisify(execFile)('env', ['-u', 'NODE_OPTIONS', process.execPath, '--input-type=module', '-e', script])
  t.equal(stdout.trim(), '0')
})
