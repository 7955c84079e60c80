import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { Inspector } from '../inspector.ts'

const keeper = fileURLToPath(new URL('fixtures/keeper.ts', import.meta.url))

t.test('what a process keeps is counted from outside, timers that keep nothing alive included', async (t) => {
  const child = spawn(process.execPath, ['--inspect=127.0.0.1:0', keeper], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH },
  })
  t.teardown(() => child.kill('SIGKILL'))
  const [said] = await once(createInterface({ input: child.stderr }), 'line')
  const url = /ws:\S+/.exec(said)?.[0] ?? ''
  const lines = createInterface({ input: child.stdout })
  const keep = async (count: number) => {
    const told = once(lines, 'line')
    child.stdin.write('one\n'.repeat(count))
    await told
  }
  const inspector = await Inspector.open(url)
  t.teardown(() => inspector.close())
  await keep(1)
  const before = await inspector.held()
  await keep(25)
  const after = await inspector.held()
  t.equal(after.timers - before.timers, 25, 'and not those that were cleared')
  t.equal(after.abortSignals - before.abortSignals, 25)
  t.ok(after.listeners - before.listeners >= 25 && after.listeners - before.listeners <= 30, `${before.listeners}, ${after.listeners}`)
  t.ok(before.heapBytes > 1_000_000)
  await t.rejects(Inspector.open('ws://127.0.0.1:1/x'), /no inspector answers there/)
})
