import { pathToFileURL } from 'node:url'
import t from 'tap'
import { runMigration } from '../migrations.ts'
import { leftOver } from './processes.ts'

// Real processes: a busy machine takes its time.
t.setTimeout(90_000)

t.test('it runs to its end with the environment it is given, and what it printed comes back', async (t) => {
  const folder = t.testdir({ 'migrate.ts': "console.log('migrated', process.env.PGDATABASE as string)\nconsole.error('quietly')" })
  const printed = await runMigration(pathToFileURL(`${folder}/migrate.ts`), { PGDATABASE: 'orders' })
  t.match(printed, 'migrated orders')
  t.match(printed, 'quietly')
})

t.test('a failure is told with what it printed', async (t) => {
  const folder = t.testdir({ 'migrate.ts': "console.error('no such role'); process.exit(4)" })
  await t.rejects(runMigration(pathToFileURL(`${folder}/migrate.ts`), {}), { message: `${folder}/migrate.ts exited with 4: no such role` })
})

t.test('the signal ends it', async (t) => {
  const folder = t.testdir({ 'migrate.ts': 'setInterval(() => {}, 1000)' })
  const ending = new AbortController()
  const running = runMigration(pathToFileURL(`${folder}/migrate.ts`), {}, ending.signal)
  ending.abort(new Error('enough'))
  await t.rejects(running, { name: 'AbortError', cause: { message: 'enough' } })
  t.strictSame(await leftOver([], folder), [])
})
