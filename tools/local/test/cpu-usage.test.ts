import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { CpuUsage } from '../cpu-usage.ts'

const windowMs = 300
const ownCpuS = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

function burn(cpuMs: number): void {
  const end = ownCpuS() + cpuMs / 1000
  while (ownCpuS() < end);
}

t.test('nothing before a whole window, then the mean over it', async (t) => {
  const usage = new CpuUsage(() => [process.pid], windowMs)
  t.equal(usage.of(process.pid), undefined)
  const [beforeS, beforeMs] = [ownCpuS(), Date.now()]
  await usage.read()
  t.equal(usage.of(process.pid), undefined, 'one reading is no difference')
  burn(150)
  await delay(windowMs - (Date.now() - beforeMs))
  const [afterS, afterMs] = [ownCpuS(), Date.now()]
  await usage.read()
  const { millicores = 0, windowMs: measuredMs = 0, atMs = 0 } = usage.of(process.pid) ?? {}
  t.ok(measuredMs >= windowMs * 0.9 && atMs >= afterMs && atMs <= Date.now(), `${measuredMs} ms until ${atMs}`)
  // Readings are in hundredths of a second, user and system time each.
  const expected = ((afterS - beforeS) / (afterMs - beforeMs)) * 1e6
  t.ok(Math.abs(millicores - expected) < 40 + 40_000 / measuredMs + expected / 4, `${millicores}m, expected about ${expected}m`)
})

t.test('what is older than the window is forgotten', async (t) => {
  const usage = new CpuUsage(() => [process.pid], windowMs)
  await usage.read()
  const firstAtMs = Date.now()
  burn(100)
  for (let i = 0; i < 4; i++) {
    await delay(windowMs / 2)
    await usage.read()
  }
  const { windowMs: measuredMs = 0, atMs = 0 } = usage.of(process.pid) ?? {}
  t.ok(measuredMs >= windowMs * 0.9 && measuredMs < atMs - firstAtMs, `${measuredMs} ms`)
  t.ok(Number(usage.of(process.pid)?.millicores) < 300, 'the work is past')
})

t.test('a process that is gone is forgotten, a new one starts anew', async (t) => {
  let pids = [process.pid]
  const usage = new CpuUsage(() => pids, 50)
  await usage.read()
  await delay(60)
  await usage.read()
  t.not(usage.of(process.pid), undefined)
  pids = []
  await usage.read()
  t.equal(usage.of(process.pid), undefined)
  pids = [process.pid]
  await usage.read()
  t.equal(usage.of(process.pid), undefined)
})

t.test('it reads by itself until it is stopped', async (t) => {
  let asked = 0
  const { promise: twice, resolve } = Promise.withResolvers<void>()
  const usage = new CpuUsage(() => {
    if (++asked === 2) resolve()
    return []
  }, 40)
  usage.start()
  await twice
  usage.stop()
  const before = asked
  await delay(80)
  t.equal(asked, before)
})
