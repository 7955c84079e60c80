import t from 'tap'
import { parseDurationS } from '../duration.ts'

t.test('durations', async (t) => {
  for (const [text, seconds] of [
    ['500ms', 0.5],
    ['20s', 20],
    ['1.5m', 90],
    ['1h', 3600],
  ] as const)
    t.equal(parseDurationS(text), seconds, text)
  for (const text of ['', '20', 's', '-1s', '0s', '1d', '1 s', '1e3s', 'Infinitys']) t.equal(parseDurationS(text), null, text)
})
