import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RecordingWriter, readRecording } from '@headroom/report/recording'
import type { ServiceSample } from '@headroom/report/sample'
import type { Test } from 'tap'
import type { Replica } from '../replica.ts'
import { Watch } from '../watch.ts'

type Shown = Pick<Replica, 'name' | 'state' | 'startedAtMs' | 'readyAtMs'> & Partial<Pick<Replica, 'readiness'>>

const service: ServiceSample = {
  current: 1,
  desired: 1,
  ready: 1,
  cpuPercent: 10,
  targetPercent: 60,
  requestsPerS: 1,
  p99Ms: 5,
  shedPerS: 0,
  failedPerS: 0,
}

/** A watch over an engine whose replicas a test sets, with a recording that is read when it is closed. */
export async function watching(t: Test, startedAtMs: number) {
  const folder = mkdtempSync(join(tmpdir(), 'headroom-watch-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const header = { minReplicas: 1, maxReplicas: 4, cpuRequestMillicores: 50, cpuLimitMillicores: 100, spec: null }
  const path = join(folder, 'recording.ndjson')
  const startedAt = new Date(startedAtMs).toISOString()
  const recording = await RecordingWriter.open(path, { engine: 'local', startedAt, speed: 8, versions: {}, services: { orders: header } })
  let replicas: Shown[] = []
  let answer = () => {}
  let asked = Promise.withResolvers<void>()
  const engine = {
    sample: async () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      answer = resolve
      const seen = [...replicas]
      asked.resolve()
      await promise
      const pods = seen.map(({ name, state }) => ({ name, state: state === 'ready' ? state : ('starting' as const) }))
      return { orders: { ...service, pods: pods.map((pod) => ({ ...pod, requestsPerS: null, cpuMillicores: null })) } }
    },
    replicasOf: () => replicas as Replica[],
  }
  const watch = new Watch(engine, { sample: () => {}, decision: () => {} })
  watch.start(startedAtMs, recording)
  t.teardown(() => watch.stop())
  const look = async (now: Shown[], afterwards = now) => {
    replicas = now
    asked = Promise.withResolvers()
    const looked = watch.look()
    await asked.promise
    replicas = afterwards
    answer()
    await looked
  }
  const read = async () => {
    await recording.close()
    return readRecording(path)
  }
  /** Answers every look that is asked for until the promise resolves. */
  const answerUntil = async (done: Promise<void>) => {
    let over = false
    void done.then(() => {
      over = true
      asked.resolve()
    })
    while (!over) {
      await asked.promise
      asked = Promise.withResolvers()
      answer()
    }
  }
  return { watch, look, recording, answer: () => answer(), answerUntil, read }
}
