import { mkdir, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { type Arm, startArm } from './lib/arm.ts'
import { closedLoop } from './lib/closed-loop.ts'
import { median } from './lib/median.ts'

/** The claim: a kit service with everything on costs at most a quarter more CPU per request than raw node:http with the same answer. */
const targetRatio = 1.25
const path = '/hello'
const arms = {
  raw: new URL('./arms/raw-http.ts', import.meta.url),
  fastify: new URL('./arms/fastify.ts', import.meta.url),
  kit: new URL('../services/hello/main.ts', import.meta.url),
  naive: new URL('./arms/naive.ts', import.meta.url),
}
const sliceRequests = 2000
type Name = keyof typeof arms
const names = Object.keys(arms) as Name[]

const help = `Usage: npm run bench -- stack [flags]

CPU per request of services/hello (limits, metrics, sampled log, ops port) over raw node:http, bare Fastify and a naive stack,
each in a process of its own, measured in turn.

  --rounds N        rounds, each with new processes (default 5)
  --requests N      measured requests per arm and round (default 60000), after half as many to warm up
  --connections N   kept-alive connections (default 16)
`

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      requests: { type: 'string', default: '60000' },
      connections: { type: 'string', default: '16' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return void process.stdout.write(help)
  const [rounds, requests, connections] = [Number(values.rounds), Number(values.requests), Number(values.connections)]
  const costsUs: Record<Name, number[]> = { raw: [], fastify: [], kit: [], naive: [] }
  for (let round = 1; round <= rounds; round++) {
    const measured = await measureRound(requests, connections)
    for (const name of names) costsUs[name].push(measured[name])
    process.stderr.write(
      `round ${round}/${rounds}: ${names.map((name) => `${name} ${measured[name].toFixed(1)}`).join(', ')} us per request\n`,
    )
  }
  await report(costsUs, { rounds, requests, connections })
}

/**
 * One round: every arm started and warmed up, then measured in small slices in turn. An arm's figure is the lower quartile of its slices:
 * what else runs on the machine can only add to a slice.
 */
async function measureRound(requests: number, connections: number): Promise<Record<Name, number>> {
  const slices = Math.ceil(requests / sliceRequests)
  const running = new Map<Name, Arm>()
  const costsUs: Record<Name, number[]> = { raw: [], fastify: [], kit: [], naive: [] }
  try {
    for (const name of names) running.set(name, await startArm(arms[name], path))
    for (const { port } of running.values()) await closedLoop({ port, path, requests: requests / 2, connections })
    for (let slice = 0; slice < slices; slice++) {
      for (const [name, arm] of running) {
        const before = await arm.cpuUs()
        await closedLoop({ port: arm.port, path, requests: sliceRequests, connections })
        costsUs[name].push(((await arm.cpuUs()) - before) / sliceRequests)
      }
    }
  } finally {
    for (const arm of running.values()) await arm.stop()
  }
  return Object.fromEntries(names.map((name) => [name, quantile(costsUs[name], 0.25)])) as Record<Name, number>
}

const quantile = (values: number[], q: number): number => values.toSorted((a, b) => a - b)[Math.floor(values.length * q)] ?? Number.NaN

async function report(costsUs: Record<Name, number[]>, settings: Record<string, number>): Promise<void> {
  const rows = names.map((name) => {
    const ratios = costsUs[name].map((cost, round) => cost / (costsUs.raw[round] ?? Number.NaN))
    return {
      arm: name,
      cpuUsPerRequest: median(costsUs[name]),
      ratio: median(ratios),
      ratioMin: Math.min(...ratios),
      ratioMax: Math.max(...ratios),
    }
  })
  process.stdout.write('arm       us/request   ratio to raw   (lowest-highest)\n')
  for (const row of rows) {
    const spread = `(${row.ratioMin.toFixed(2)}-${row.ratioMax.toFixed(2)})`
    process.stdout.write(
      `${row.arm.padEnd(10)}${row.cpuUsPerRequest.toFixed(1).padStart(10)}${row.ratio.toFixed(2).padStart(15)}   ${spread}\n`,
    )
  }
  const ratio = rows.find((row) => row.arm === 'kit')?.ratio ?? Number.NaN
  process.stdout.write(`kit / raw ${ratio.toFixed(2)}, target <= ${targetRatio}: ${ratio <= targetRatio ? 'met' : 'missed'}\n`)
  await mkdir('out/bench', { recursive: true })
  const result = { name: 'stack', node: process.version, settings, targetRatio, rows, costsUs }
  await writeFile('out/bench/stack.json', `${JSON.stringify(result, undefined, 2)}\n`)
}
