import { spawnSync } from 'node:child_process'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parseCommand, UsageError } from '../command.ts'
import { parseLine, readable } from '../line.ts'
import { linesMax, linesOfStream } from '../read.ts'

const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
const main = fileURLToPath(new URL('../main.ts', import.meta.url))
const line = (time: string, service: string, more: object = {}) =>
  JSON.stringify({ level: 'info', time: `2026-11-22T10:00:00.${time}Z`, service, pod: `headroom-${service}-1`, trace_id: trace, ...more })
const request = (route: string, status: number) => ({ method: 'POST', route, status, durationMs: 12.3, msg: 'request' })

/** The command as people run it. */
function logs(args: string[], input = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', input, timeout: 20_000 })
  return { status, stdout, stderr }
}

t.test('lines of all services, by time', async (t) => {
  const out = t.testdir({
    logs: {
      'headroom-gateway-1.log': `${line('030', 'gateway', request('/api/orders', 201))}\n${line('040', 'gateway', { trace_id: 'f'.repeat(32) })}\n`,
      'headroom-orders-1.log': `not JSON ${trace}\n{"trace_id":"${trace}", broken\n${line('020', 'orders', request('/orders', 201))}\n`,
      'headroom-payments-1.log': `${line('010', 'payments', { level: 'warn', msg: 'slow', orderId: 'o1', err: { message: 'no\nanswer', stack: 'x' } })}\n`,
      'notes.txt': line('000', 'nobody'),
    },
  })
  const { status, stdout, stderr } = logs(['--trace', trace, '--out', out])
  t.equal(stderr, '')
  t.equal(status, 0)
  t.strictSame(stdout.trimEnd().split('\n'), [
    '10:00:00.010 payments  headroom-payments-1 warn  slow orderId=o1 err=no answer',
    '10:00:00.020 orders    headroom-orders-1 info  request POST /orders 201 12.3 ms',
    '10:00:00.030 gateway   headroom-gateway-1 info  request POST /api/orders 201 12.3 ms',
  ])
  const raw = logs(['--json', '--out', out, '--trace', `00-${trace.toUpperCase()}-00f067aa0ba902b7-01`])
  t.strictSame(
    raw.stdout
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text).service),
    ['payments', 'orders', 'gateway'],
  )
})

t.test('from standard input, as kubectl prints it', async (t) => {
  const input = [line('020', 'gateway', { msg: 'b' }), `[pod/headroom-orders-1/orders] ${line('010', 'orders', { msg: 'a' })}`].join('\n')
  const { status, stdout } = logs(['--trace', trace, '--stdin'], input)
  t.equal(status, 0)
  t.match(stdout, /^10:00:00\.010 orders .* a\n10:00:00\.020 gateway .* b\n$/)
})

t.test('what is missing is said in a sentence', async (t) => {
  const empty = t.testdir({ logs: { 'headroom-gateway-1.log': line('010', 'gateway', { trace_id: 'f'.repeat(32) }) } })
  const unknown = logs(['--trace', trace, '--out', empty])
  t.equal(unknown.status, 1)
  t.match(unknown.stderr, new RegExp(`^trace ${trace} is in none of 1 logs in .*sampled flag`))
  t.equal(unknown.stdout, '')
  t.match(logs(['--trace', trace, '--out', `${empty}/nowhere`]), { status: 1, stderr: /nowhere.logs holds no logs: run `make demo`/ })
  t.match(logs(['--trace', trace, '--stdin']), { status: 1, stderr: /in none of the logs on standard input/ })
})

t.test('a mistake on the command line names the flag and the fix', async (t) => {
  for (const [args, sentence] of [
    [[], /^--trace: say which trace/],
    [['--trace', ''], /^--trace: say which trace/],
    [['--trace', 'xyz'], /^--trace xyz: must be 32 hexadecimal digits/],
    [['--trace', trace, '--out', 'x', '--stdin'], /exclude each other/],
    [['--nope'], /--nope.*--help lists the options$/],
  ] as const)
    t.throws(() => parseCommand([...args]), { name: UsageError.name, message: sentence })
  t.equal(parseCommand(['--help']), undefined)
  t.strictSame(parseCommand(['--trace', trace]), { trace, out: 'out/demo', stdin: false, json: false })
  t.match(logs(['--trace', 'x']), { status: 2, stderr: /must be 32/ })
  t.match(logs(['--help']), { status: 0, stdout: /^Usage: npm run logs/ })
})

t.test('what a client sent cannot break a line, write to the terminal or fill it', async (t) => {
  const found = parseLine(
    line('010', 'gateway', { msg: 'a\u001b[2Jb\nc\u2028d', big: 'x'.repeat(10_000), level: 30, time: 1_790_000_000_000 }),
    trace,
  )
  if (found === undefined) return void t.fail('it was not found')
  const text = readable(found)
  for (const code of [0x0a, 0x1b, 0x2028]) t.notOk(text.includes(String.fromCharCode(code)), `code ${code}`)
  t.ok(text.length < 400, `${text.length} characters`)
  t.equal(found.atMs, 1_790_000_000_000)
})

t.test('a trace without end is shown in part', async (t) => {
  const many = Array.from({ length: linesMax + 1 }, () => `${line('010', 'gateway')}\n`)
  const { lines, more } = await linesOfStream(Readable.from(many), trace)
  t.equal(lines.length, linesMax)
  t.ok(more)
})
