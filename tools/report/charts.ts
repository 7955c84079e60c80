/** The charts of one run, all over the same time axis. */
import { chart, type Series, type TimeAxis } from './chart.ts'
import { loadAtS } from './clocks.ts'
import { escaped } from './html.ts'
import { stagesOf } from './reaction.ts'
import type { Recording } from './recording-format.ts'
import type { LoadSample, Sample, ServiceSample } from './sample.ts'
import type { Point } from './svg.ts'

/** From the first sample to the last, with the stages of the load. */
export function axisOf({ samples }: Recording): TimeAxis {
  return { fromS: 0, untilS: samples.at(-1)?.atS ?? 0, stages: stagesOf(samples) }
}

/** What the buyers saw: offered and served, latency, turned away and failed. Nothing for a run without load. */
export function loadCharts({ samples, decisions }: Recording, axis: TimeAxis, p99MsMax: number): string[] {
  if (samples.every(({ load }) => load === null)) return []
  const of = (name: string, look: Series['look'], figure: (load: LoadSample) => number, draw: Series['draw'] = 'steps'): Series => {
    return {
      name,
      look,
      draw,
      points: samples.map((sample): Point => [loadAtS(sample), sample.load === null ? null : figure(sample.load)]),
    }
  }
  const offeredAndServed = [of('offered', 'a', ({ offered }) => offered, 'area'), of('served', 'b', ({ ok, refused }) => ok + refused)]
  const turnedAway = [
    of('shed', 'b', ({ shed }) => shed),
    of('limited', 'a', ({ limited }) => limited),
    of('failed', 'd', ({ failed }) => failed),
  ]
  return [
    chart({ title: 'Requests: offered and served', unit: '/s', series: offeredAndServed, axis, decisions, named: true }),
    chart({
      title: 'Latency',
      unit: 'ms',
      series: [of('p50', 'a', ({ p50Ms }) => p50Ms, 'line'), of('p99', 'b', ({ p99Ms }) => p99Ms, 'line')],
      axis,
      limit: { name: `limit ${p99MsMax} ms`, value: p99MsMax },
    }),
    chart({ title: 'Requests: shed, limited and failed', unit: '/s', series: turnedAway, axis, small: true }),
  ]
}

/** Replicas of one service, wanted and ready, and its CPU as percent of its target, where it has one. */
export function serviceCharts({ samples, decisions }: Recording, service: string, axis: TimeAxis): string {
  const points = (figure: (service: ServiceSample) => number | null) => seriesOf(samples, service, figure)
  const own = decisions.filter((decision) => decision.service === service)
  const replicas: Series[] = [
    { name: 'ready', look: 'a', draw: 'area', points: points(({ ready }) => ready) },
    { name: 'desired', look: 'b', draw: 'steps', points: points(({ desired }) => desired) },
  ]
  const cpu = points(({ cpuPercent, targetPercent }) =>
    cpuPercent === null || targetPercent === null ? null : (cpuPercent / targetPercent) * 100,
  )
  const cpuChart = chart({
    title: `${service}: CPU, % of its target`,
    unit: '%',
    series: [{ name: 'CPU', look: 'c', draw: 'line', points: cpu }],
    axis,
    limit: { name: 'target', value: 100 },
    small: true,
  })
  const known = cpu.some(([, value]) => value !== null)
  return `<div data-service="${escaped(service)}">${chart({ title: `${service}: replicas`, unit: '', series: replicas, axis, decisions: own, small: true })}${known ? cpuChart : ''}</div>`
}

function seriesOf(samples: Sample[], service: string, figure: (service: ServiceSample) => number | null): Point[] {
  return samples.map(({ atS, services }) => {
    const own = services[service]
    return [atS, own === undefined ? null : figure(own)]
  })
}
