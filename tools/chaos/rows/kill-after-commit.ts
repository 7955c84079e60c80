import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Replica } from '@headroom/local/replica'
import { OnSale } from '../on-sale.ts'
import { check, type Row } from '../row.ts'

const replicas = 4
const order = { eventId: 'aurora-live', tierId: 'aurora-live-floor', quantity: 1 }

interface Reply {
  status: number
  text: string
}

/** Death at the worst moment: the order is committed, its buyer has been told nothing, and asks again. */
export const killAfterCommit: Row = {
  name: 'kill-after-commit',
  promise: 'a replica killed between COMMIT and the reply: the key replayed elsewhere gives the original order',
  full: '200 kills',
  quick: '5 kills',
  async run(context) {
    const kills = context.count(200, 5)
    const onSale = await OnSale.start(context, { replicas: { orders: replicas }, env: { orders: { FAULTS_ENABLED: 'true' } } })
    try {
      let silent = 0
      let original = 0
      for (let kill = 0; kill < kills; kill++) {
        context.signal.throwIfAborted()
        await onSale.ready('orders', 2)
        const [victim, other] = onSale.readyOf('orders') as [Replica, Replica]
        await arm(victim)
        const key = randomUUID()
        if ((await place(victim, key)) === undefined) silent++
        await victim.exited
        const committed = await onSale.rows<{ id: string }>('orders', 'SELECT id FROM orders WHERE idempotency_key = $1', [key])
        const [first, second] = [await insist(other, key), await insist(other, key)]
        const { id } = JSON.parse(first.text) as { id?: string }
        if (first.status === 201 && id === committed[0]?.id && second.text === first.text && committed.length === 1) original++
      }
      return {
        figures: { kills, 'without a reply': silent },
        checks: [
          check('every kill came before the reply', `${silent} of ${kills}`, silent === kills),
          check('the replayed key gives the original order', `${original} of ${kills}`, original === kills),
          ...(await onSale.invariants()),
        ],
      }
    } finally {
      await onSale.close()
    }
  },
}

async function arm({ opsPort }: Replica): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ beforeReply: 'kill' })
  const { status } = await fetch(`http://127.0.0.1:${opsPort}/failpoints`, { method: 'PUT', headers, body })
  if (status !== 200) throw new Error(`the failpoint could not be set: ${status}`)
}

/** Resolves with undefined when the connection broke. */
async function place({ port }: Replica, key: string): Promise<Reply | undefined> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key }
  try {
    const reply = await fetch(`http://127.0.0.1:${port}/orders`, { method: 'POST', headers, body: JSON.stringify(order) })
    return { status: reply.status, text: await reply.text() }
  } catch {
    return undefined
  }
}

/** 202 and 503 are documented as not being the key's reply yet. */
async function insist(replica: Replica, key: string): Promise<Reply> {
  for (let attempt = 1; attempt <= 100; attempt++) {
    const reply = await place(replica, key)
    if (reply !== undefined && reply.status !== 202 && reply.status !== 503) return reply
    await delay(100)
  }
  throw new Error(`key ${key} was never settled`)
}
