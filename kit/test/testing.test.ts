import t, { type Test } from 'tap'
import { ConfigError, defineConfig } from '../config.ts'
import { type Problem, problems } from '../errors.ts'
import { defineService } from '../service.ts'
import { build, insist } from '../testing.ts'

type Close = () => Promise<void>

function sample() {
  const seen = { ready: 0, closed: 0 }
  const definition = defineService({
    name: 'sample',
    config: defineConfig({}),
    app: async (server) => {
      server.addHook('onReady', async () => void seen.ready++)
      server.addHook('onClose', async () => void seen.closed++)
      server.get('/things', (_request, reply) => reply.send([]))
    },
  })
  return { seen, definition }
}

t.test('build gives a ready service that does not listen', async (t) => {
  const { seen, definition } = sample()
  const { server, ops, health } = await build(t, definition)
  t.equal(seen.ready, 1)
  t.same((await server.inject('/things')).json(), [])
  t.equal((await ops.inject('/livez')).statusCode, 200)
  t.equal(server.server.listening, false)
  t.equal(ops.server.listening, false)
  t.equal(health.started, false, 'a test of readiness starts it itself')
})

t.test('the test that built it closes it, once it ends', async (t) => {
  const { seen, definition } = sample()
  const teardowns: Close[] = []
  await build({ teardown: (close: Close) => teardowns.push(close) }, definition)
  t.equal(teardowns.length, 1)
  t.equal(seen.closed, 0)
  await teardowns[0]?.()
  t.equal(seen.closed, 1)
})

t.test('it is silent unless told otherwise, and reads no variable of the machine', async (t) => {
  const { definition } = sample()
  process.env.POD_NAME = 'machine'
  t.teardown(() => void delete process.env.POD_NAME)
  const quiet = await build(t, definition)
  t.equal(quiet.config.LOG_LEVEL, 'silent')
  t.equal(quiet.config.POD_NAME, '')
  const { config } = await build(t, definition, { LOG_LEVEL: 'fatal', POD_NAME: 'sample-1', HANDLER_TIMEOUT_MS: '50' })
  t.match(config, { LOG_LEVEL: 'fatal', POD_NAME: 'sample-1', HANDLER_TIMEOUT_MS: 50 })
})

t.test('a bad setting fails the test with its name', async (t) => {
  const { definition } = sample()
  await t.rejects(build(t, definition, { HANDLER_TIMEOUT_MS: 'long' }), ConfigError)
})

/** A request that meets these problems in turn and then succeeds. */
async function troubled(t: Test, ...troubles: Problem[]) {
  const sent: string[] = []
  const definition = defineService({
    name: 'troubled',
    config: defineConfig({}),
    app: async (server) => {
      server.post('/things', () => {
        const trouble = troubles.shift()
        sent.push(trouble?.code ?? 'done')
        if (trouble) throw trouble
        return 'done'
      })
    },
  })
  const { server } = await build(t, definition)
  return { sent, send: () => server.inject({ method: 'POST', url: '/things' }) }
}

t.test('whoever insists asks again while the service is overloaded', async (t) => {
  const { sent, send } = await troubled(t, problems.overloaded(), problems.overloaded())
  t.equal((await insist(send)).body, 'done')
  t.strictSame(sent, ['overloaded', 'overloaded', 'done'])
})

t.test('every other reply is given back at once, another 503 too', async (t) => {
  for (const other of [problems.deadline_exceeded(), problems.database_unavailable(), problems.route_not_found()]) {
    const { sent, send } = await troubled(t, other)
    t.equal((await insist(send)).json().code, other.code)
    t.strictSame(sent, [other.code])
  }
})

t.test('insisting ends, with the last reply', async (t) => {
  const { sent, send } = await troubled(t, problems.overloaded('first'), problems.overloaded('second'), problems.overloaded('third'))
  t.match((await insist(send, 2)).json(), { status: 503, code: 'overloaded', detail: 'second' })
  t.equal(sent.length, 2)
})
