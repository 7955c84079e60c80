import t from 'tap'
import { formatMilli, milliValue, numberValue } from '../quantity.ts'

const CASES: [string | number, number][] = [
  ['100m', 100],
  ['1', 1000],
  [1, 1000],
  ['0.5', 500],
  ['.5', 500],
  ['1.', 1000],
  ['0.29', 290],
  ['64Mi', 64 * 2 ** 20 * 1000],
  ['1Ki', 1_024_000],
  ['2k', 2_000_000],
  ['1e3', 1_000_000],
  ['1E3', 1_000_000],
  ['1E', 1e21],
  ['100u', 1],
  ['1n', 1],
  ['-1.5', -1500],
  ['0', 0],
]

for (const [text, milli] of CASES) {
  t.test(`${text} is ${milli} thousandths`, async (t) => t.equal(milliValue(text), milli))
}

t.test('a small tolerance keeps its value below a thousandth', async (t) => {
  t.equal(numberValue('0.0005'), 0.0005)
  t.equal(numberValue('50m'), 0.05)
})

for (const text of ['', 'abc', '1 Mi', '64mi', '1.2.3', 'm', '--1', '0x10', 'NaN']) {
  t.test(`"${text}" is refused by name`, async (t) =>
    t.throws(() => milliValue(text), { message: `"${text}" is not a Kubernetes quantity` }),
  )
}

t.test('thousandths are written as Kubernetes prints them', async (t) => {
  t.equal(formatMilli(1500), '1500m')
  t.equal(formatMilli(2000), '2')
  t.equal(formatMilli(0), '0')
})
