import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'

const main = fileURLToPath(new URL('./sample-main.ts', import.meta.url))
const drainDelayMs = 600

interface Line {
  msg: string
  port?: number
  opsPort?: number
}

/** A real process; its log lines as they come. */
async function start(t: Test, env: Record<string, string> = {}) {
  const child: ChildProcess = spawn(process.execPath, [main], {
    env: { ...process.env, HOST: '127.0.0.1', PORT: '0', OPS_PORT: '0', DRAIN_DELAY_MS: String(drainDelayMs), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => void child.kill('SIGKILL'))
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>
  const lines: Line[] = []
  const ready = new Promise<Line>((resolve) => {
    createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }).on('line', (text) => {
      const line = JSON.parse(text) as Line
      lines.push(line)
      if (line.msg === 'ready') resolve(line)
    })
  })
  const { port, opsPort } = await ready
  return { child, exited, lines, url: `http://127.0.0.1:${port}`, opsUrl: `http://127.0.0.1:${opsPort}` }
}

function ask(agent: Agent, url: string): Promise<{ status: number; body: string; closes: boolean }> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (reply) => {
      let body = ''
      reply.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk
      })
      reply.on('end', () => resolve({ status: reply.statusCode ?? 0, body, closes: reply.headers.connection === 'close' }))
      reply.on('error', reject)
    }).on('error', reject)
  })
}

t.test('SIGTERM with kept-alive clients and requests in flight loses none', async (t) => {
  const { child, exited, lines, url } = await start(t)
  const agent = new Agent({ keepAlive: true, maxSockets: 20 })
  t.teardown(() => agent.destroy())
  const replies: { status: number; closes: boolean; afterTermMs: number }[] = []
  let termAt = Number.POSITIVE_INFINITY
  // The endpoint is taken out of the Service half-way through the drain: from then on nobody sends.
  const removed = () => performance.now() > termAt + drainDelayMs / 2
  const client = async () => {
    while (!removed()) {
      const sentAt = performance.now()
      const { status, closes } = await ask(agent, `${url}/work?ms=10`)
      replies.push({ status, closes, afterTermMs: sentAt - termAt })
    }
  }
  const clients = Array.from({ length: 10 }, client)
  await new Promise((resolve) => setTimeout(resolve, 200))
  // Still in flight when the listener closes.
  const long = Promise.all([1, 2, 3].map(() => ask(agent, `${url}/work?ms=${drainDelayMs + 400}`)))
  await new Promise((resolve) => setTimeout(resolve, 20))
  termAt = performance.now()
  child.kill('SIGTERM')
  await Promise.all(clients)
  t.match(await long, Array(3).fill({ status: 200, body: 'done' }))
  t.same(await exited, [0, null])
  t.same(
    replies.filter(({ status }) => status !== 200),
    [],
    `${replies.length} replies`,
  )
  const during = replies.filter(({ afterTermMs }) => afterTermMs > 100)
  t.ok(during.length > 10 && during.every(({ closes }) => closes), `${during.length} replies while draining, each says Connection: close`)
  t.same(
    lines.map(({ msg }) => msg).filter((msg) => /draining|closed/.test(msg)),
    ['draining', 'closed'],
  )
})

t.test('a kept-alive connection that nobody uses does not hold the process', async (t) => {
  const { child, exited, url } = await start(t, { DRAIN_DELAY_MS: '0' })
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  await ask(agent, `${url}/work`)
  const startedAt = performance.now()
  child.kill('SIGTERM')
  t.same(await exited, [0, null])
  t.ok(performance.now() - startedAt < 3000)
})

t.test('while it drains it is alive but not ready; SIGINT does not wait', async (t) => {
  const { child, exited, opsUrl } = await start(t, { DRAIN_DELAY_MS: '60000', SHUTDOWN_TIMEOUT_MS: '70000' })
  const status = async (path: string) => (await fetch(opsUrl + path)).status
  t.same([await status('/readyz'), await status('/livez'), await status('/startupz')], [200, 200, 200])
  child.kill('SIGTERM')
  while ((await status('/readyz')) !== 503) await new Promise((resolve) => setTimeout(resolve, 10))
  t.equal(await status('/livez'), 200)
  child.kill('SIGTERM')
  t.same(await exited, [1, null], 'a second signal ends it at once')
  const person = await start(t, { DRAIN_DELAY_MS: '60000', SHUTDOWN_TIMEOUT_MS: '70000' })
  person.child.kill('SIGINT')
  t.same(await person.exited, [0, null])
})

t.test('work that does not end in time ends with the process, at SHUTDOWN_TIMEOUT_MS and with 1', async (t) => {
  const { child, exited, url } = await start(t, { DRAIN_DELAY_MS: '0', SHUTDOWN_TIMEOUT_MS: '500', HANDLER_TIMEOUT_MS: '60000' })
  const lost = t.rejects(fetch(`${url}/work?ms=30000`))
  await new Promise((resolve) => setTimeout(resolve, 200))
  const startedAt = performance.now()
  child.kill('SIGTERM')
  t.same(await exited, [1, null])
  t.ok(performance.now() - startedAt < 3000)
  await lost
})
