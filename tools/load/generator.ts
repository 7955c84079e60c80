import { acknowledge, unanswered } from './acknowledgement.ts'
import type { Exchange, ExchangeSink, Failure } from './exchange.ts'
import type { ResolvedOptions } from './load-options.ts'
import { Pool } from './pool.ts'
import { seededRandom } from './random.ts'
import { Recorder } from './recorder.ts'
import type { Reply } from './reply-reader.ts'
import type { Sample, Summary } from './results.ts'
import { Schedule, stageAt } from './schedule.ts'
import type { PlannedRequest, Traffic } from './traffic.ts'
import { judge } from './verdict.ts'
import { warningsOf } from './warnings.ts'

/** A request on its way. */
interface Shot extends Exchange, PlannedRequest {
  readonly stage: number
}

const SAMPLE_EVERY_MS = 1000
const SWEEP_EVERY_MS = 20
/** After this many requests in one go, replies get a turn to be read. */
const BURST_MAX = 256
const OPEN_PATIENCE_MS = 1000
const OPEN_PATIENCE_MS_PER_CONNECTION = 2

/** What a generator needs from its surroundings. */
export interface GeneratorHooks {
  readonly traffic: Traffic
  /** Once aborted nothing more is offered. */
  readonly stopped: AbortSignal
  readonly onSample: (sample: Sample) => void
  readonly onEnd: (summary: Summary) => void
}

/** Sends requests by the clock and accounts for each. */
export class Generator implements ExchangeSink<Shot> {
  readonly #options: ResolvedOptions
  readonly #hooks: GeneratorHooks
  readonly #schedule: Schedule
  readonly #recorder: Recorder
  readonly #pool: Pool<Shot>
  #startedAt = new Date()
  #startMs = performance.now()
  #nextSampleMs = SAMPLE_EVERY_MS
  #nextSweepMs = SWEEP_EVERY_MS
  #endMs: number

  constructor(options: ResolvedOptions, hooks: GeneratorHooks) {
    this.#options = options
    this.#hooks = hooks
    this.#schedule = new Schedule(options.stages, options.arrivals, seededRandom(options.seed))
    this.#endMs = this.#schedule.totalMs
    this.#recorder = new Recorder(options.stages, options.onTimeMs)
    this.#pool = new Pool(options.target, options.limits, this)
  }

  /** Opens connections, as users' clients have them, and starts the clock. */
  async start(): Promise<void> {
    await this.#pool.open(OPEN_PATIENCE_MS + this.#options.limits.connections * OPEN_PATIENCE_MS_PER_CONNECTION)
    this.#startedAt = new Date()
    this.#startMs = performance.now()
    this.#tick()
  }

  /** Does what is due by now and comes back for the rest. */
  readonly #tick = (): void => {
    const nowMs = performance.now() - this.#startMs
    if (this.#hooks.stopped.aborted) this.#endMs = Math.min(this.#endMs, nowMs)
    for (let burst = 0; ; ) {
      const dueMs = this.#nextDueMs()
      if (dueMs <= nowMs && dueMs <= this.#nextSampleMs) {
        burst += 1
        if (burst > BURST_MAX) return void setImmediate(this.#tick)
        this.#offer()
      } else if (this.#nextSampleMs <= nowMs) {
        this.#sample(this.#nextSampleMs)
        this.#nextSampleMs += SAMPLE_EVERY_MS
      } else break
    }
    if (this.#nextSweepMs <= nowMs) {
      this.#pool.sweep(this.#startMs + nowMs)
      this.#nextSweepMs = nowMs + SWEEP_EVERY_MS
    }
    if (nowMs >= this.#endMs && this.#recorder.total.unfinished === 0) this.#end(nowMs)
    else setTimeout(this.#tick, Math.min(this.#nextDueMs(), this.#nextSampleMs, this.#nextSweepMs) - nowMs)
  }

  onSent(shot: Shot): void {
    this.#recorder.sent(shot)
  }

  onReply(shot: Shot, reply: Reply): void {
    const judged = judge(shot.journey, reply)
    const { ack, verdict } = shot.order === null ? { verdict: judged } : acknowledge(shot.order, reply, judged)
    const waited = verdict.outcome === 'ok' || verdict.outcome === 'refused' ? performance.now() - shot.dueAtMs : null
    this.#recorder.ended(shot, verdict, waited, ack?.status === 201 && ack.state === 'confirmed')
    if (ack === undefined) return
    if (ack.orderId !== undefined) this.#hooks.traffic.acknowledged(ack.orderId)
    this.#options.onAcknowledgement?.(ack)
  }

  onFailure(shot: Shot, failure: Failure): void {
    const waited = failure.reason.startsWith('timeout') ? performance.now() - shot.dueAtMs : null
    this.#recorder.ended(shot, { outcome: 'failed', reason: failure.reason }, waited, false)
    if (shot.order !== null) this.#options.onAcknowledgement?.(unanswered(shot.order, failure))
  }

  #nextDueMs(): number {
    return this.#hooks.stopped.aborted ? Number.POSITIVE_INFINITY : this.#schedule.nextAtMs
  }

  #offer(): void {
    const dueAtMs = this.#startMs + this.#schedule.nextAtMs
    const planned = this.#hooks.traffic.next()
    const shot: Shot = {
      ...planned,
      stage: this.#schedule.nextStage,
      dueAtMs,
      deadlineAtMs: dueAtMs + this.#options.timeoutMs,
      // Every order carries an Idempotency-Key, and the rest are GETs.
      repeatable: true,
      wantsBody: planned.order !== null,
      repeated: false,
    }
    this.#schedule.advance()
    this.#recorder.offered(shot, performance.now() - dueAtMs)
    this.#pool.submit(shot)
  }

  #sample(atMs: number): void {
    const { stages } = this.#options
    // The middle of the second decides its stage, for its edges may lie in the ones beside it.
    const middleMs = (this.#nextSampleMs - SAMPLE_EVERY_MS + atMs) / 2
    const stage = stages[middleMs > this.#endMs ? stages.length : stageAt(stages, middleMs)]
    const sample = this.#recorder.takeSecond({
      t: Math.round(atMs) / 1000,
      atMs: this.#startedAt.getTime() + Math.round(atMs),
      stage: stage?.name ?? 'drain',
      inFlight: this.#recorder.total.unfinished,
      connections: this.#pool.size,
    })
    this.#hooks.onSample(sample)
  }

  #end(nowMs: number): void {
    if (!this.#recorder.secondIsEmpty) this.#sample(nowMs)
    this.#pool.close('run_ended')
    this.#hooks.onEnd(this.#summary())
  }

  #summary(): Summary {
    const { options, recorder, pool } = { options: this.#options, recorder: this.#recorder, pool: this.#pool }
    const { requests, ...results } = recorder.results(options.stages)
    const { lateSends, sent } = recorder.total
    const schedule = {
      sent,
      lateOver5ms: lateSends,
      lateRatio: requests.offered === 0 ? 0 : lateSends / requests.offered,
      maxLateMs: Math.round(recorder.maxLateMs * 100) / 100,
      waitedForConnection: pool.waited,
    }
    return {
      target: options.baseUrl.origin,
      startedAt: this.#startedAt.toISOString(),
      durationS: Math.round(this.#endMs) / 1000,
      endedEarly: this.#hooks.stopped.aborted ? String(this.#hooks.stopped.reason) : null,
      arrivals: options.arrivals,
      seed: options.seed,
      stages: options.stages,
      requests,
      ...results,
      ...(options.onTimeMs === undefined ? {} : { onTime: { withinMs: options.onTimeMs, ok: recorder.onTime } }),
      connections: { opened: pool.opened, max: pool.openMax, reconnects: pool.reconnects },
      schedule,
      warnings: warningsOf(schedule, options.limits.connectionsMax),
    }
  }
}
