import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { cpuTimesS } from '../cpu-time.ts'

// Real processes: a busy machine takes its time.
t.setTimeout(90_000)

/** Works for so many milliseconds of its own CPU time, then says how many it has used and stays. */
const worker = (cpuMs: number) => `
  process.title = 'a) b (c 1 2'
  const used = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000 }
  while (used() < ${cpuMs});
  console.log(used())
  setInterval(() => {}, 1000)`

t.test('what a process has used, whatever its name', async (t) => {
  const child = spawn(process.execPath, ['-e', worker(300)], { env: { PATH: process.env.PATH }, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const [said] = await once(child.stdout, 'data')
  const usedS = Number(String(said)) / 1000
  const pid = child.pid as number
  const times = await cpuTimesS([pid])
  t.strictSame([...times.keys()], [pid])
  // The kernel counts in hundredths, rounded down for user and system time each.
  t.ok(Number(times.get(pid)) >= usedS - 0.02 && Number(times.get(pid)) < usedS + 0.2, `${times.get(pid)} s, it says ${usedS} s`)
})

t.test('a process that is gone is left out, and none is no question', async (t) => {
  const child = spawn(process.execPath, ['-e', ''], { env: {} })
  await once(child, 'exit')
  const times = await cpuTimesS([child.pid as number, process.pid])
  t.strictSame([...times.keys()], [process.pid])
  t.equal((await cpuTimesS([])).size, 0)
})
