import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { startArm } from './lib/arm.ts'
import type { GeneratorResult } from './lib/generator.ts'
import { median } from './lib/median.ts'

/** The claim: the load generator keeps its schedule at 10,000 requests/s, at about the CPU cost of a generator that keeps none. */
const targetOnTimeRatio = 0.99
const generators = ['headroom', 'autocannon'] as const
type Results = Record<(typeof generators)[number], GeneratorResult[]>

const help = `Usage: npm run bench -- load [flags]

A bare node:http server in one process and a generator in another, in turn: tools/load, which sends by the clock, and
autocannon -R, which sends when a reply makes room. Each warms up for two seconds. One process has one core at most, so the
machine needs two that are free.

  --rate N        requests per second offered (default 10000)
  --duration S    seconds measured (default 10)
  --rounds N      rounds (default 3)
`

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rate: { type: 'string', default: '10000' },
      duration: { type: 'string', default: '10' },
      rounds: { type: 'string', default: '3' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return void process.stdout.write(help)
  const [ratePerS, durationS, rounds] = [Number(values.rate), Number(values.duration), Number(values.rounds)]
  const server = await startArm(new URL('./arms/raw-http.ts', import.meta.url), '/')
  const results: Results = { headroom: [], autocannon: [] }
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const generator of generators) {
        const result = await measure(generator, server.port, ratePerS, durationS)
        results[generator].push(result)
        process.stderr.write(`round ${round}/${rounds}: ${describe(generator, result)}\n`)
      }
    }
  } finally {
    await server.stop()
  }
  await report(results, { ratePerS, durationS, rounds })
}

async function measure(generator: string, port: number, ratePerS: number, durationS: number): Promise<GeneratorResult> {
  const file = fileURLToPath(new URL('./lib/generator.ts', import.meta.url))
  const args = [file, generator, `http://127.0.0.1:${port}`, String(ratePerS), String(durationS)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout)
}

function describe(generator: string, result: GeneratorResult): string {
  const { requests, notOk, cpuUsPerRequest, p99Ms, onTimeRatio, maxLateMs } = result
  const onTime = onTimeRatio === null ? 'not known' : `${percent(onTimeRatio)}, at most ${maxLateMs?.toFixed(1)} ms late`
  return `${generator} ${requests} requests, ${notOk} not ok, ${cpuUsPerRequest.toFixed(1)} us each, p99 ${p99Ms.toFixed(1)} ms, sent within 5 ms: ${onTime}`
}

/** Prints medians, writes everything to out/bench/load.json and fails where the schedule was not kept. */
async function report(results: Results, settings: Record<string, number>): Promise<void> {
  const onTimeRatio = median(results.headroom.map((result) => result.onTimeRatio ?? 0))
  const cpuUsPerRequest = { headroom: cpuUs(results.headroom), autocannon: cpuUs(results.autocannon) }
  const cpuRatio = cpuUsPerRequest.headroom / cpuUsPerRequest.autocannon
  process.stdout.write('generator   us/request   sent within 5 ms\n')
  process.stdout.write(`headroom    ${cpuUsPerRequest.headroom.toFixed(1).padStart(10)}${percent(onTimeRatio).padStart(19)}\n`)
  process.stdout.write(`autocannon  ${cpuUsPerRequest.autocannon.toFixed(1).padStart(10)}${'not known'.padStart(19)}\n`)
  const met = onTimeRatio >= targetOnTimeRatio
  process.stdout.write(
    `headroom / autocannon ${cpuRatio.toFixed(2)}; on time, target >= ${percent(targetOnTimeRatio)}: ${met ? 'met' : 'missed'}\n`,
  )
  if (!met) process.exitCode = 1
  await mkdir('out/bench', { recursive: true })
  const machine = { node: process.version, cpus: availableParallelism() }
  const result = { name: 'load', ...machine, settings, targetOnTimeRatio, onTimeRatio, cpuUsPerRequest, cpuRatio, met, results }
  await writeFile('out/bench/load.json', `${JSON.stringify(result, undefined, 2)}\n`)
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(2)} %`
}

function cpuUs(results: readonly GeneratorResult[]): number {
  return median(results.map((result) => result.cpuUsPerRequest))
}
