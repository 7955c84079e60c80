import t from 'tap'
import { clock, LiveView } from '../live.ts'
import type { Sample } from '../sample.ts'

const sample = (atS: number): Sample => ({
  atS,
  load: { stage: 'surge', offered: 50, ok: 49, refused: 1, limited: 0, shed: 0, failed: 0, p50Ms: 4, p99Ms: 21 },
  services: {
    orders: {
      current: 2,
      desired: 5,
      ready: 2,
      cpuPercent: 173.4,
      targetPercent: 60,
      requestsPerS: 12.34,
      p99Ms: 20,
      shedPerS: 0,
      failedPerS: 0,
    },
  },
})

function screen(isTTY: boolean) {
  const written: string[] = []
  return { isTTY, columns: 120, write: (text: string) => written.push(text), text: () => written.join('') }
}

t.test('on a terminal the table is redrawn in place and notes stay above it', async (t) => {
  const tty = screen(true)
  const view = new LiveView(tty)
  view.sample(sample(61))
  view.decision({ atS: 61, service: 'orders', from: 2, to: 5, reason: 'CPU at 173 %, target 60 %' })
  t.match(tty.text(), '\x1b[3A\x1b[J1:01  orders 2 -> 5: CPU at 173 %, target 60 %\n')
  t.match(tty.text(), /orders +2 +5 +2 +173\/60 % +12\.3 +20 +0\.0 +0\.0/)
})

t.test('elsewhere it prints lines now and then, without control sequences', async (t) => {
  const file = screen(false)
  const view = new LiveView(file, 10)
  for (let atS = 0; atS < 20; atS++) view.sample(sample(atS))
  t.equal(file.text().split('50 offered').length - 1, 2)
  t.notOk(file.text().includes('\x1b'))
})

t.test('seconds as a clock', async (t) => {
  t.equal(clock(0), '0:00')
  t.equal(clock(125.9), '2:05')
})
