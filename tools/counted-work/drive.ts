import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Pool } from 'undici'

/** What closed-loop load on GET /work gave, once warm. */
export interface DriveResult {
  seconds: number
  good: number
  /** Answers that were not 200, and requests without one. */
  bad: number
  goodPerS: number
  /** Mean CPU time of the work itself per good answer, in microseconds. */
  cpuUsMean: number
  medianMs: number
  goodByPod: Record<string, number>
}

const answerWithinMs = 10_000
/** Someone who was turned away waits before asking again. */
const pauseMs = 200

/**
 * Closed-loop load: every connection asks again as soon as it is answered, so that no replica is ever idle and none is flooded.
 * @param warmUpS seconds of load before anything counts
 */
export async function drive(url: string, options: { connections: number; warmUpS: number; seconds: number }): Promise<DriveResult> {
  const { connections, warmUpS, seconds } = options
  const pool = new Pool(url, { connections, pipelining: 1, headersTimeout: answerWithinMs, bodyTimeout: answerWithinMs })
  const fromMs = performance.now() + warmUpS * 1000
  const untilMs = fromMs + seconds * 1000
  const seen = { bad: 0, cpuUs: 0, durationsMs: [] as number[], byPod: new Map<string, number>() }
  const ask = async () => {
    const sentMs = performance.now()
    const answer = await pool.request({ path: '/work', method: 'GET' }).then(
      async ({ statusCode, body }) => ({ statusCode, text: await body.text() }),
      () => undefined,
    )
    const nowMs = performance.now()
    const counts = nowMs >= fromMs && nowMs < untilMs
    if (answer?.statusCode !== 200) {
      if (counts) seen.bad++
      await delay(pauseMs)
    } else if (counts) {
      const { pod, cpuUs } = JSON.parse(answer.text) as { pod: string; cpuUs: number }
      seen.cpuUs += cpuUs
      seen.durationsMs.push(nowMs - sentMs)
      seen.byPod.set(pod, (seen.byPod.get(pod) ?? 0) + 1)
    }
  }
  const loop = async () => {
    while (performance.now() < untilMs) await ask()
  }
  await Promise.all(Array.from({ length: connections }, loop))
  await pool.destroy()
  const good = seen.durationsMs.length
  return {
    seconds,
    good,
    bad: seen.bad,
    goodPerS: good / seconds,
    cpuUsMean: good === 0 ? 0 : seen.cpuUs / good,
    medianMs: seen.durationsMs.sort((a, b) => a - b)[Math.floor(good / 2)] ?? 0,
    goodByPod: Object.fromEntries(seen.byPod),
  }
}

if (import.meta.main) {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ options: { url: text, connections: text, 'warm-up': text, seconds: text }, strict: true })
  const options = { connections: Number(values.connections), warmUpS: Number(values['warm-up']), seconds: Number(values.seconds) }
  process.stdout.write(`${JSON.stringify(await drive(values.url ?? '', options))}\n`)
}
