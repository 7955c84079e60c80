import { randomUUID } from 'node:crypto'
import t from 'tap'
import { post, request, World } from './helper.ts'

const world = await World.start(t)
const { inventory } = world

t.test('without the database writes are refused soon, nothing is lost, and all goes on when it is back', async (t) => {
  const replica = await world.replica(t, { RECOVERY_INTERVAL_MS: '20', OUTBOX_INTERVAL_MS: '20' })
  const before = (await post(replica)).json()
  const key = randomUUID()
  inventory.delayMs = 300
  const arrived = inventory.seen('POST /holds')
  const caught = post(replica, { key })
  await arrived
  inventory.delayMs = 0
  await world.database.stop()
  try {
    t.match((await caught).json(), { status: 503, code: 'database_unavailable' }, 'the hold is made, its step cannot be written')
    const started = performance.now()
    const refused = await post(replica, { body: request })
    t.match(refused.json(), { status: 503, code: 'database_unavailable' })
    t.ok(refused.headers['retry-after'])
    t.match((await replica.server.inject(`/orders/${before.id}`)).json(), { status: 503, code: 'database_unavailable' })
    t.ok(performance.now() - started < 1000)
    for (const probe of ['/livez', '/dependencies']) t.equal((await replica.ops.inject(probe)).statusCode, 200)
  } finally {
    await world.database.start()
  }
  await world.endLeases()
  const placed = await post(replica, { key })
  t.equal(placed.statusCode, 201, 'the key finds the order that was begun')
  t.equal((await post(replica)).statusCode, 201)
  await world.settled()
  await world.published()
  await world.audit(t)
})
