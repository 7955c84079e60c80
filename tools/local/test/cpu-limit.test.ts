import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'

const run = promisify(execFile)
const PRELOAD = new URL('../cpu-limit.ts', import.meta.url).href
const WORK = fileURLToPath(new URL('./fixtures/counted-work.ts', import.meta.url))

interface Usage {
  cpuSeconds: number
  seconds: number
  throttledSeconds: number | null
  done: number
}

/** Runs counted work for about `forMs`, in steps of so many iterations. */
async function usage(limit: string | undefined, forMs: number, iterations: number, where = 'main'): Promise<Usage> {
  const env = { ...process.env, CPU_LIMIT_MILLICORES: limit, NODE_OPTIONS: '' }
  const { stdout } = await run(process.execPath, ['--import', PRELOAD, WORK, String(forMs), String(iterations), where], { env })
  return JSON.parse(stdout)
}

/**
 * The quota is never exceeded, and all that is missing from it is time in which the machine gave the CPU to others:
 * neither used nor held back.
 */
function near(t: Test, { cpuSeconds, seconds, throttledSeconds }: Usage, cores: number, withinRatio: number): void {
  const waitedSeconds = Math.max(0, seconds - cpuSeconds - Number(throttledSeconds))
  const [least, most] = [cpuSeconds / seconds, (cpuSeconds + waitedSeconds) / seconds]
  t.ok(least <= cores * (1 + withinRatio), `${least.toFixed(3)} CPU seconds a second, limit ${cores}`)
  t.ok(most >= cores * (1 - withinRatio), `${most.toFixed(3)} CPU seconds a second not held back, limit ${cores}`)
}

const FOR_MS = 3000

t.test('counted work in small steps gets its quota, start-up included', async (t) => {
  const used = await usage('200', FOR_MS, 50_000)
  near(t, used, 0.2, 0.1)
  t.ok(Number(used.throttledSeconds) > 0.1 && Number(used.throttledSeconds) < 2.5, `held back for ${used.throttledSeconds} s of 3`)
})

t.test('a tenth of a core works too', async (t) => near(t, await usage('100', FOR_MS, 50_000), 0.1, 0.1))

t.test('steps longer than the quota are paid for afterwards', async (t) => {
  near(t, await usage('200', FOR_MS, 1_000_000), 0.2, 0.25)
})

t.test('work in the thread pool is charged to the process', async (t) => {
  near(t, await usage('200', FOR_MS, 5000, 'pool'), 0.2, 0.15)
})

t.test('without a limit nothing is held back', async (t) => {
  const seen: Usage[] = []
  const free = () => seen.some(({ cpuSeconds, seconds }) => cpuSeconds / seconds > 0.3)
  // A machine that is busy for a moment looks like a limit; a limit would be there every time.
  while (!free() && seen.length < 5) seen.push(await usage(undefined, 300, 50_000))
  for (const { throttledSeconds } of seen) t.equal(throttledSeconds, null)
  t.ok(free(), seen.map(({ cpuSeconds, seconds }) => `${cpuSeconds} s of CPU in ${seconds} s`).join(', '))
})

t.test('a limit that is none is refused by name', async (t) => {
  const refused = await usage('a lot', 100, 1).catch((error) => String(error.stderr))
  t.match(refused, /CPU_LIMIT_MILLICORES is "a lot"; set it to a number above 0/)
})
