import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { help } from '../options.ts'
import { onSale } from './on-sale.ts'
import { leftOver } from './processes.ts'
import { Running } from './running.ts'

const RUN = fileURLToPath(new URL('fixtures/run-local.ts', import.meta.url))
const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const promptMs = 10_000

// Many starts and ends, some with a database: a loaded machine takes its time.
t.setTimeout(120_000)

/** An on-sale of fixtures, run from its own folder, which is in the command line of all that belongs to it. */
function run(t: Test, root: URL, ...args: string[]) {
  const folder = fileURLToPath(root)
  const running = new Running(t, [RUN, root.href, '--out', join(folder, 'out'), '--port', '0', ...args])
  const nothingLeft = async (t: Test) => t.strictSame(await leftOver(running.family, folder), [], 'no process is left')
  return { running, folder, nothingLeft, out: (file: string) => join(folder, 'out', file) }
}

t.test('help, and mistakes on the command line', async (t) => {
  const asked = (...args: string[]) => spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', env: { PATH: process.env.PATH } })
  t.match(asked('--help'), { status: 0, stdout: help, stderr: '' })
  t.match(asked('start', '--sped', '4'), { status: 2, stdout: '', stderr: "Unknown option '--sped'; --help lists the options\n" })
  const file = join(t.testdir({ file: '' }), 'file')
  for (const out of [file, join(file, 'below')]) {
    t.match(asked('demo', '--out', out), {
      status: 2,
      stderr: new RegExp(`^--out ${out}: cannot be written \\(E[A-Z]+\\); name a folder that can\n$`),
    })
  }
})

t.test('values that cannot be used are refused by their path before anything is started', async (t) => {
  const { running, out } = run(t, onSale(t, { gateway: { autoscaling: { enabled: true, maxReplicas: 0 } } }), 'start')
  t.equal(await running.exited, 1)
  t.match(running.stderr, /^charts\/headroom: gateway\.autoscaling\.maxReplicas must be a whole number, 1 or more\n/)
  t.equal(running.stdout, '')
  t.notOk(existsSync(out('logs')))
})

t.test('a port in use is told at once', async (t) => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as { port: number }
  const { running, nothingLeft } = run(t, onSale(t, { gateway: {} }), 'start', '--port', String(port))
  t.equal(await running.exited, 1)
  t.equal(running.stderr, `--port ${port} is in use: end what listens there, or choose another with --port; 0 lets the system choose\n`)
  await nothingLeft(t)
})

t.test('a service that crashes at boot is named, with its log', async (t) => {
  const { running, nothingLeft, out } = run(t, onSale(t, { gateway: {}, orders: { env: { FAULT: 'crash' } } }), 'start')
  t.equal(await running.exited, 1)
  t.match(
    running.stderr,
    new RegExp(`^headroom-orders-[0-9a-f]+ exited with 3; its log: ${out('logs')}/headroom-orders-[0-9a-f]+\\.log\n$`),
  )
  t.ok(existsSync(running.stderr.trim().split('its log: ')[1] as string))
  await nothingLeft(t)
})

t.test('so is one that crashes later', async (t) => {
  const { running, nothingLeft } = run(t, onSale(t, { gateway: {}, orders: {} }), 'start')
  const [, url] = await running.prints(/ready: curl (\S+)\/hello/)
  const startedAt = performance.now()
  await fetch(`${url}/crash`).catch(() => {})
  t.equal(await running.exited, 1)
  t.ok(performance.now() - startedAt < promptMs)
  t.match(running.stderr, /^headroom-gateway-[0-9a-f]+ exited with 7; its log: .*\n$/)
  await nothingLeft(t)
})

t.test('start runs until Ctrl-C, which is its good end', async (t) => {
  const { running, nothingLeft, out } = run(t, onSale(t, { gateway: { env: { DRAIN_DELAY_MS: '60000' } }, orders: {} }), 'start')
  const [, url] = await running.prints(/ready: curl (\S+)\/hello/)
  await running.prints(/running until Ctrl-C/)
  t.match(await (await fetch(`${url}/hello`)).text(), /^headroom-gateway-/)
  t.ok(existsSync(out('kubeconfig')))
  const { code, tookMs } = await running.end('SIGINT')
  t.equal(code, 0)
  t.ok(tookMs < promptMs && running.family.size >= 2, `${running.family.size} processes took ${tookMs} ms to end`)
  t.equal(running.stderr, '')
  await nothingLeft(t)
})

const earlier = ['summary.json', 'recording.ndjson', 'report.html', 'report.json', 'report.csv']

t.test('a signal ends a surge', async (t) => {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const root = onSale(t, { gateway: {} })
    for (const name of earlier) writeFileSync(new URL(`out/${name}`, root), 'of an earlier surge')
    const { running, nothingLeft, out } = run(t, root, 'demo', '--calm', '60')
    await running.prints(/warming up: 8 s/)
    const ended = await running.end(signal)
    t.equal(ended.code, code)
    t.ok(ended.tookMs < promptMs, `${ended.tookMs} ms`)
    t.equal(running.stderr, `stopped by ${signal}\n`)
    for (const name of earlier) t.notOk(existsSync(out(name)), name)
    await nothingLeft(t)
  }
})

t.test('a second Ctrl-C that comes with the first, as through npm, changes nothing; one that comes later ends it at once', async (t) => {
  const deaf = { env: { FAULT: 'deaf' } }
  const { running, nothingLeft } = run(t, onSale(t, { gateway: deaf }), 'start')
  await running.prints(/running until Ctrl-C/)
  const ending = running.end('SIGINT')
  void running.end('SIGINT')
  await running.prints(/stopping/)
  await new Promise((resolve) => setTimeout(resolve, 1200))
  t.notOk(running.ended, 'it waits for a replica that does not hear')
  const { code, tookMs } = await running.end('SIGINT')
  t.equal(code, 130)
  // Its five seconds of grace are not waited for: of those, more than three were left.
  t.ok(tookMs < 3000, `${tookMs} ms`)
  await ending
  await nothingLeft(t)
})

t.test('killed, it takes all it has started along, and the next start finds a clean place', async (t) => {
  const root = onSale(t, { gateway: { database: { enabled: true } } })
  const first = run(t, root, 'start')
  await first.running.prints(/running until Ctrl-C/)
  t.equal((await first.running.end('SIGKILL')).code, 'SIGKILL')
  t.ok(first.running.family.size >= 2)
  const second = run(t, root, 'start')
  await second.running.prints(/running until Ctrl-C/)
  t.equal((await second.running.end('SIGTERM')).code, 0)
  t.equal(second.running.stderr, '')
  t.strictSame(readdirSync(second.out('postgres')), ['headroom-postgres'], 'no data is left')
  await first.nothingLeft(t)
  await second.nothingLeft(t)
})

t.test('Ctrl-C while the database is made, and while it is migrated', async (t) => {
  const stored = { database: { enabled: true }, migration: { enabled: true } }
  const root = onSale(t, { gateway: stored }, 'setInterval(() => {}, 1000)')
  for (const step of [/creating the database/, /migrating gateway/]) {
    const { running, nothingLeft, out } = run(t, root, 'start')
    await running.prints(step)
    const { code, tookMs } = await running.end('SIGINT')
    t.equal(code, 130)
    t.ok(tookMs < promptMs, `${tookMs} ms`)
    t.equal(running.stderr, 'stopped by SIGINT\n')
    t.strictSame(readdirSync(out('postgres')), ['headroom-postgres'], 'no data is left')
    await nothingLeft(t)
  }
})
