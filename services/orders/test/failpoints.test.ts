import { build } from '@headroom/kit/testing'
import t from 'tap'
import { service } from '../app.ts'

const env = {
  PGHOST: '127.0.0.1',
  PGDATABASE: 'none',
  PGUSER: 'none',
  PGPASSWORD: 'none',
  CATALOG_URL: 'http://127.0.0.1:1',
  INVENTORY_URL: 'http://127.0.0.1:1',
  PAYMENTS_URL: 'http://127.0.0.1:1',
}

t.test('failpoints are on the ops port alone, and only where they are enabled', async (t) => {
  const closed = await build(t, service, env)
  t.equal((await closed.ops.inject('/failpoints')).statusCode, 404)
  closed.server.failpoints.reach('beforeReply')
  const open = await build(t, service, { ...env, FAULTS_ENABLED: 'true' })
  t.equal((await open.server.inject('/failpoints')).statusCode, 404, 'not for the public')
  t.strictSame((await open.ops.inject('/failpoints')).json(), { beforeReply: 'pass' })
  const put = async (payload: object) => (await open.ops.inject({ method: 'PUT', url: '/failpoints', payload })).statusCode
  t.equal(await put({ beforeReply: 'explode' }), 400)
  t.equal(await put({ beforeReply: 'kill' }), 200)
  t.strictSame((await open.ops.inject('/failpoints')).json(), { beforeReply: 'kill' })
})
