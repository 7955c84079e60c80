import type { Exchange, Failure } from '../exchange.ts'
import { Pool, type PoolLimits } from '../pool.ts'
import type { Reply } from '../reply-reader.ts'
import type { Teardown } from './helper.ts'

const LIMITS: PoolLimits = { connections: 1, connectionsMax: 1, queueMax: 10 }

/** A pool whose exchanges end in promises. */
export function startPool(t: Teardown, port: number, limits: PoolLimits = LIMITS) {
  type Awaited = Exchange & { settle: (end: Reply | Failure) => void }
  const sent: Exchange[] = []
  const pool = new Pool<Awaited>({ host: '127.0.0.1', port }, limits, {
    onSent: (exchange) => sent.push(exchange),
    onReply: (exchange, reply) => exchange.settle(reply),
    onFailure: (exchange, failure) => exchange.settle(failure),
  })
  const sweeper = setInterval(() => pool.sweep(performance.now()), 5)
  t.teardown(() => {
    clearInterval(sweeper)
    pool.close('test_ended')
  })
  const ask = (changes: Partial<Exchange> = {}) =>
    new Promise<Reply | Failure>((settle) => {
      const dueAtMs = performance.now()
      const bytes = 'GET / HTTP/1.1\r\nhost: test\r\n\r\n'
      pool.submit({ dueAtMs, deadlineAtMs: dueAtMs + 5000, bytes, repeatable: true, wantsBody: true, repeated: false, settle, ...changes })
    })
  return { pool, ask, sent }
}

export const OK = { status: 200, hasRetryAfter: false, body: 'ok' }
