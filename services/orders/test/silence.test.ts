import t from 'tap'
import { post, World } from './helper.ts'

const world = await World.start(t)
const { inventory, payments } = world
const timeoutMs = 300
const slackMs = 200
/** How long a request hopes for a recovery, until recovery itself has met the silence. */
const hopeMs = 1500

for (const { peer, call } of [
  { peer: inventory, call: 'POST /holds' },
  { peer: payments, call: 'POST /charges' },
]) {
  t.test(`${call}: of a service that acts and says nothing an order waits for one timeout, and nothing is done twice`, async (t) => {
    const replica = await world.replica(t, { PEER_TIMEOUT_MS: String(timeoutMs), RECOVERY_INTERVAL_MS: '200' })
    // Connected and warm: what is measured is the wait for the peer.
    await Promise.all([1, 2, 3, 4, 5].map(() => post(replica)))
    const charged = payments.charges.size
    const ids: string[] = []
    const place = async () => {
      const sentAt = performance.now()
      const reply = await post(replica)
      t.equal(reply.statusCode, 202, reply.body)
      ids.push(reply.json().id)
      return performance.now() - sentAt
    }
    peer.calls.length = 0
    peer.fault = (name) => (name === call ? { when: 'after', how: 'hang' } : undefined)
    const startedAt = performance.now()
    const first = Math.max(...(await Promise.all([1, 2, 3, 4, 5].map(place))))
    t.ok(first <= timeoutMs + hopeMs + slackMs, `the first waited ${first.toFixed()} ms`)
    for (let order = 0; order < 10; order++) {
      const waited = await place()
      t.ok(waited <= timeoutMs + slackMs, `once the silence is known: ${waited.toFixed()} ms`)
    }
    const seconds = (performance.now() - startedAt) / 1000
    const asked = peer.calls.length
    t.ok(asked <= ids.length * 1.2 + 10 * seconds, `${asked} questions for ${ids.length} orders in ${seconds.toFixed(1)} s`)
    peer.fault = () => undefined
    await world.replica(t, { RECOVERY_INTERVAL_MS: '20' })
    await world.endLeases()
    await world.settled()
    for (const id of ids) t.equal(await world.stateOf(id), 'confirmed')
    t.equal(payments.charges.size, charged + ids.length, 'one charge for each order')
    await world.audit(t)
  })
}
