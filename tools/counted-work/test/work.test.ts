import type { AddressInfo } from 'node:net'
import { build } from '@headroom/kit/testing'
import t from 'tap'
import { service } from '../app.ts'
import { count } from '../count.ts'
import { drive } from '../drive.ts'

t.test(
  'the work is counted: the same number of turns gives the same checksum, ten times as many cost several times the CPU time',
  async (t) => {
    t.equal(count(1000), count(1000))
    t.not(count(1000), count(1001))
    const cost = (iterations: number) => {
      const before = process.threadCpuUsage()
      count(iterations)
      return process.threadCpuUsage(before).user
    }
    cost(2_000_000)
    t.ok(cost(5_000_000) > 4 * cost(500_000))
  },
)

t.test('GET /work tells who did it and the CPU time it took', async (t) => {
  const { server } = await build(t, service, { POD_NAME: 'one', WORK_ITERATIONS: '1000000' })
  const reply = await server.inject('/work')
  t.equal(reply.statusCode, 200)
  const { pod, cpuUs, checksum } = reply.json()
  t.equal(pod, 'one')
  t.equal(checksum, count(1_000_000))
  t.ok(cpuUs > 0 && cpuUs < 1e6)
})

t.test('drive counts good answers, whose they were and their cost, and no others', async (t) => {
  const { server } = await build(t, service, { POD_NAME: 'one', WORK_ITERATIONS: '50000' })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`
  const result = await drive(url, { connections: 2, warmUpS: 0.2, seconds: 0.5 })
  t.ok(result.good > 0)
  t.equal(result.bad, 0)
  t.equal(result.goodByPod.one, result.good)
  t.equal(result.goodPerS, result.good / 0.5)
  t.ok(result.cpuUsMean > 0)
})

t.test('drive counts refused connections as bad', async (t) => {
  const result = await drive('http://127.0.0.1:1', { connections: 1, warmUpS: 0, seconds: 0.3 })
  t.equal(result.good, 0)
  t.ok(result.bad >= 1)
})
