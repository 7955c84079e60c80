import t from 'tap'
import { age } from '../../kube/table.ts'

const CASES: [number, string][] = [
  [0, '0s'],
  [119, '119s'],
  [120, '2m'],
  [312, '5m12s'],
  [600, '10m'],
  [10_799, '179m'],
  [10_800, '3h'],
  [13_200, '3h40m'],
  [36_000, '10h'],
  [172_800, '2d'],
  [-5, '0s'],
]
for (const [seconds, text] of CASES) {
  t.test(`${seconds} s is ${text}`, async (t) => t.equal(age(new Date(0).toISOString(), seconds * 1000), text))
}
t.test('no time, no age', async (t) => t.equal(age(undefined, 0), '<unknown>'))
