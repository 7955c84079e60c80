import t from 'tap'
import { durationBucketsS, observe, RequestHistogram } from '../request-histogram.ts'

t.test('a bound belongs to its bucket, and buckets add up', async (t) => {
  const histogram = new RequestHistogram('d', 'Durations.')
  const series = histogram.series({ route: '/a' })
  for (const seconds of [0, 0.005, 0.0051, 10, 11]) observe(series, seconds)
  const { values } = await histogram.get()
  const bucket = (le: number | string) => values.find((row) => 'le' in row.labels && row.labels.le === le)?.value
  t.same([bucket(0.005), bucket(0.01), bucket(7.5), bucket(10), bucket('+Inf')], [2, 3, 3, 4, 5])
  t.equal(values.find(({ metricName }) => metricName === 'd_count')?.value, 5)
  t.ok(Math.abs((values.find(({ metricName }) => metricName === 'd_sum')?.value ?? 0) - 21.0101) < 1e-9)
  t.equal(values.length, durationBucketsS.length + 3)
})

t.test('reset empties every series and keeps it', async (t) => {
  const histogram = new RequestHistogram('d', 'Durations.')
  const series = histogram.series({})
  observe(series, 1)
  histogram.reset()
  t.ok((await histogram.getForPromString()).values.every(({ value }) => value === 0))
  observe(series, 1)
  t.equal(series.count, 1)
})
