import t from 'tap'
import { parseMetrics } from '../doctor/prometheus-text.ts'

t.test('series are read with their labels', async (t) => {
  t.same(parseMetrics('a 1\n# TYPE b gauge\nb{x="1",y="a\\"b"} +Inf\n'), [
    { name: 'a', labels: {}, value: 1 },
    { name: 'b', labels: { x: '1', y: 'a\\"b' }, value: Number.POSITIVE_INFINITY },
  ])
})
