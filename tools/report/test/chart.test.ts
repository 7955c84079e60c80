import t from 'tap'
import { chart } from '../chart.ts'
import type { Decision } from '../sample.ts'

const axis = { fromS: 0, untilS: 120, stages: [] }
const decision = (atS: number, service: string, from: number, to: number): Decision => ({ atS, service, from, to, reason: 'CPU' })

function marks(decisions: Decision[]) {
  const html = chart({ title: 'x', unit: '', series: [], axis, decisions })
  return [...html.matchAll(/<span(?: class="(\w+)")? style="left:([\d.]+)%" title="[^"]+">([^<]+)</g)].map(([, kind, left, text]) => ({
    kind,
    left: Number(left),
    text,
  }))
}

t.test('no two marks of decisions cover each other on a plot of 340 pixels', async (t) => {
  const decisions = Array.from({ length: 40 }, (_, index) => decision(index * 3, 'orders', index % 3 ? 1 : 2, index % 3 ? 2 : 1))
  const lefts = marks(decisions).map(({ left }) => (left / 100) * 340)
  t.ok(lefts.length > 5)
  for (const [index, left] of lefts.entries()) t.ok(index === 0 || left - (lefts[index - 1] ?? 0) > 33.9, `${lefts[index - 1]} and ${left}`)
})

t.test('a mark tells the size, or how many decisions there were, and which way they went', async (t) => {
  t.match(marks([decision(10, 'orders', 1, 2), decision(12, 'orders', 2, 4), decision(80, 'orders', 4, 1)]), [
    { kind: 'up', text: '▲4' },
    { kind: 'down', text: '▼1' },
  ])
  t.match(marks([decision(10, 'orders', 1, 2), decision(11, 'gateway', 1, 2)]), [{ kind: 'up', text: '▲×2' }])
  t.match(marks([decision(10, 'orders', 1, 2), decision(12, 'orders', 2, 1)]), [{ kind: undefined, text: '▲▼×2' }])
})
