import { performance } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'
import { AcceptQueueGuard, measureAcceptQueue } from './accept-queue.ts'
import { awaitsBody } from './bodies.ts'
import { ConcurrencyLimit, type LoopWindow, saturation, windowMs } from './concurrency-limit.ts'
import type { BaseConfig } from './config.ts'
import { type Problem, problems } from './errors.ts'
import type { Exchange, Stage } from './exchange.ts'
import { gauge, type Metrics } from './metrics.ts'
import { loadUnderPressure } from './parts.ts'
import { TurnQueue } from './turn-queue.ts'

/** How dear a request is when not all can be served: finishing what was begun, then starting, then looking around. */
export type Priority = 'finish' | 'start' | 'browse'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Default `browse`. */
    priority?: Priority
    /** A reply that stays open as long as its reader does: admitted like any other, it then holds no place of the limit and is not measured as slow. */
    stream?: true
  }
}

/**
 * The share of the limit that each priority may fill, so that browsing is shed first. What finishes an order may go beyond the limit, though
 * never beyond its upper bound: it is few, and where turns grow long by it, the limit shrinks and with it the room of all the others.
 */
const shares: Record<Priority, number> = { finish: 2, start: 0.9, browse: 0.75 }
/** In the queue before the handlers. */
const order: Record<Priority, number> = { finish: 0, start: 1, browse: 2 }
/** The same for what is refused because new connections wait too long. */
const ranks: Record<Priority, number> = { finish: 32, start: 4, browse: 1 }

/**
 * Sheds what cannot be served in time: an adaptive limit on requests in flight first, under-pressure as the backstop behind it.
 * A refused request is answered 503 with a jittered Retry-After before its body is read, and one whose body is still on its way holds no place.
 */
export async function relievePressure(server: FastifyInstance, config: BaseConfig, metrics: Metrics): Promise<Stage> {
  const limit = new ConcurrencyLimit({ max: config.CONCURRENCY_LIMIT_MAX })
  gauge(metrics.registry, 'http_server_concurrency_limit', 'Requests that may be in flight now.', () => limit.limit)
  const isUnderPressure = await watchPressure(server, config)
  const guard = new AcceptQueueGuard()
  const queue = new TurnQueue()
  gauge(metrics.registry, 'http_server_queued_requests', 'Requests that wait for a turn of the event loop.', () => queue.size)
  const acceptWaitMs = measureAcceptQueue(server.server)
  const keepAdjusted = followLoop((window) => {
    limit.adjust(window)
    guard.adjust(acceptWaitMs(window.busyMs / window.elapsedMs > saturation), window.elapsedMs / windowMs)
  })

  function refuse(exchange: Exchange, retryAfterS: number, why: string): Problem {
    exchange.shed = true
    return problems.overloaded(why, { retryAfterS })
  }

  const full = (exchange: Exchange) => refuse(exchange, 1, 'too many requests in flight')

  function check({ route }: Exchange): [string, number] | undefined {
    const { priority = 'browse' } = route.config
    if (queue.isFull(order[priority])) return ['too many requests wait', 1]
    if (guard.refuses(ranks[priority])) return ['new connections wait too long', 1]
    return isUnderPressure() ? ['the process does not keep up', 2] : undefined
  }

  const shareOf = ({ route }: Exchange) => shares[route.config.priority ?? 'browse']

  function begin(exchange: Exchange, turn: number): void {
    exchange.turn = turn
    if (!exchange.route.config.stream) limit.begin()
  }

  return {
    arrive(exchange) {
      const turn = currentTurn()
      keepAdjusted(exchange.arrivedAt, turn)
      const why = check(exchange)
      if (why !== undefined) return refuse(exchange, why[1], why[0])
      // A body is not read for nothing; while it comes, the request holds no place.
      if (awaitsBody(exchange.request) && limit.isFull(turn, shareOf(exchange))) return full(exchange)
    },
    enter(exchange, proceed) {
      const turn = currentTurn()
      const nowMs = performance.now()
      const share = shareOf(exchange)
      if (limit.isFull(turn, share)) return proceed(full(exchange))
      if (queue.isFree(turn, nowMs) && limit.hasRoom(share)) {
        begin(exchange, turn)
        return proceed()
      }
      queue.wait(order[exchange.route.config.priority ?? 'browse'], nowMs, (late) => {
        const turn = currentTurn()
        // Answered meanwhile, at its deadline, or nobody is there any more: nothing is begun.
        if (exchange.reply.sent || exchange.abandoned) proceed(problems.deadline_exceeded())
        else if (late) proceed(refuse(exchange, 1, 'waited too long'))
        else if (limit.isFull(turn, share)) proceed(full(exchange))
        else if (limit.hasRoom(share)) {
          begin(exchange, turn)
          proceed()
        } else return false
        return true
      })
    },
    leave({ turn, route }) {
      if (turn !== undefined && !route.config.stream) limit.end(turn)
    },
  }
}

/** Number of the event loop's turn (https://nodejs.org/api/perf_hooks.html#performancenodetiminguvmetricsinfo). */
function currentTurn(): number {
  return performance.nodeTiming.uvMetricsInfo.loopCount
}

/** Gives a reading of the loop with the first arrival of a turn: in the middle of a long one its length could not be told. */
function followLoop(adjust: (window: LoopWindow) => void): (nowMs: number, turn: number) => void {
  let last = { atMs: performance.now(), active: performance.eventLoopUtilization().active }
  let [seen, seenAtMs, longestMs] = [currentTurn(), last.atMs, 0]
  return (nowMs, turn) => {
    if (turn === seen) return
    longestMs = Math.max(longestMs, nowMs - seenAtMs)
    seen = turn
    seenAtMs = nowMs
    const elapsedMs = nowMs - last.atMs
    if (elapsedMs < windowMs) return
    const { active } = performance.eventLoopUtilization()
    const busyMs = active - last.active
    // Between the arrivals of two turns lies one, and whatever the loop then waited.
    adjust({ elapsedMs, busyMs, longestTurnMs: Math.max(0, longestMs - (elapsedMs - busyMs)) })
    last = { atMs: nowMs, active }
    longestMs = 0
  }
}

/** under-pressure sees every process-wide limit; its own hook stays in a scope without routes, because ours asks it. */
async function watchPressure(server: FastifyInstance, config: BaseConfig): Promise<() => boolean> {
  let watch = () => false
  await server.register(async (scope) => {
    await scope.register(loadUnderPressure(), {
      eventLoopUtilizationMode: 'interval',
      maxEventLoopDelay: config.PRESSURE_MAX_EVENT_LOOP_DELAY_MS,
      maxEventLoopUtilization: config.PRESSURE_MAX_EVENT_LOOP_UTILIZATION,
      sampleInterval: 1000,
    })
    watch = scope.isUnderPressure
  })
  return watch
}
