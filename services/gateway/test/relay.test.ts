import { Problem } from '@headroom/kit/errors'
import t from 'tap'
import { relay } from '../lib/relay.ts'
import { problem } from './fake-peer.ts'

const what = { success: [201], codes: ['sold_out', 'overloaded'] } as const

t.test('a documented answer is passed on as it is, with the URL the client asked', async (t) => {
  t.strictSame(relay({ status: 201, headers: {}, body: { id: 1 } }, what, '/api/orders'), {
    status: 201,
    problem: false,
    body: { id: 1 },
    retryAfter: undefined,
  })
  const body = problem(503, 'overloaded', { detail: 'why' })
  t.strictSame(relay({ status: 503, headers: { 'retry-after': '7' }, body }, what, '/api/orders'), {
    status: 503,
    problem: true,
    body: { ...body, instance: '/api/orders' },
    retryAfter: '7',
  })
})

t.test('anything else says that the peer gives no usable answer, and nothing of what it said', async (t) => {
  for (const answer of [
    { status: 200, body: { id: 1 } },
    { status: 201, body: '<html>' },
    { status: 500, body: { stack: 'at line 7' } },
    { status: 409, body: problem(409, 'hold_expired') },
    { status: 500, body: problem(500, 'sold_out') },
    { status: 302, body: null },
  ]) {
    const { code, detail } = refusal(() => relay({ headers: {}, ...answer }, what, '/api/orders'))
    t.equal(code, 'dependency_unavailable')
    t.notMatch(detail, /html|line|hold/)
  }
})

function refusal(act: () => unknown): Problem {
  try {
    act()
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
  throw new Error('it was passed on')
}
