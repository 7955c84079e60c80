import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { startOnSale } from './on-sale.ts'

const MAIN = join(import.meta.dirname, '..', 'main.ts')

/** Runs the checker; `onStderr` sees what it says while it waits. */
async function check(args: readonly string[], env: Record<string, string>, onStderr: () => void = () => undefined, stdin = '') {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env.PATH, ...env } })
  child.stderr.once('data', onStderr)
  child.stdin.end(stdin)
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { stdout, stderr, code: code as number }
}

t.test('a whole check', async (t) => {
  const onSale = await startOnSale(t)
  const directory = t.testdir()
  const acks = join(directory, 'acks.ndjson')

  t.test('all hold: exit code 0, a table and JSON', async (t) => {
    const { acknowledgements } = await onSale.plant()
    writeFileSync(acks, acknowledgements.map((ack) => `${JSON.stringify(ack)}\n`).join(''))
    const out = join(directory, 'new', 'invariants.json')
    const { code, stdout, stderr } = await check(['--acks', acks, '--out', out], onSale.env)
    t.same([code, stderr], [0, ''])
    t.equal(stdout.match(/^I\d {4}yes +\d+ {3}\S/gm)?.length, 8)
    const results = JSON.parse(readFileSync(out, 'utf8'))
    t.same(Object.keys(results), ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8'])
    t.match(results.I4, { holds: true, checked: 7, violationCount: 0, violations: [] })
  })

  t.test('one does not: exit code 1, and the row', async (t) => {
    const { acknowledgements, confirmed } = await onSale.plant()
    await onSale.query('payments', 'DELETE FROM charges WHERE id = $1', [confirmed])
    const log = acknowledgements.map((ack) => `${JSON.stringify({ ack })}\n`).join('')
    const { code, stdout } = await check(['--acks', '-'], onSale.env, undefined, `{"t":1,"ok":2}\n${log}{"summary":{}}\n`)
    t.equal(code, 1)
    t.ok(stdout.includes(`        orders.orders ${confirmed}: confirmed, its charge is missing`), stdout)
    t.match(stdout, /^I5 {4}NO /m)
    t.equal(stdout.match(/^I\d {4}yes/gm)?.length, 7)
  })

  t.test('waits for what is still moving', async (t) => {
    const { confirmed } = await onSale.plant()
    await onSale.query('orders', 'UPDATE outbox SET published_at = NULL WHERE order_id = $1', [confirmed])
    writeFileSync(acks, '')
    const deliver = () => onSale.query('orders', 'UPDATE outbox SET published_at = now() WHERE order_id = $1', [confirmed])
    const { code, stderr } = await check(['--acks', acks, '--settle-s', '60'], onSale.env, () => void deliver())
    t.equal(code, 0)
    t.equal(stderr, 'waiting for 0 unfinished orders, 1 undelivered events, 0 holds\n')
  })

  t.test('but not for ever', async (t) => {
    const { confirmed } = await onSale.plant()
    await onSale.query('orders', 'UPDATE outbox SET published_at = NULL WHERE order_id = $1', [confirmed])
    writeFileSync(acks, '')
    const { code, stdout } = await check(['--acks', acks, '--settle-s', '0'], onSale.env)
    t.equal(code, 1)
    t.match(stdout, /was not delivered/)
  })

  t.test('a database that is not there', async (t) => {
    writeFileSync(acks, '')
    const { code, stderr } = await check(['--acks', acks], { ...onSale.env, PGPASSWORD: 'wrong' })
    t.equal(code, 2)
    t.match(
      stderr,
      /^the database catalog at 127\.0\.0\.1:\d+ cannot be opened as postgres: password authentication failed.*\(PGHOST, PGPORT, PGUSER, PGPASSWORD\)\n$/,
    )
  })
})

t.test('mistakes in the command', async (t) => {
  t.match(await check(['--help'], {}), { code: 0, stdout: /usage: npm run check:invariants/ })
  t.match(await check([], {}), { code: 2, stderr: /^--acks: must name the acknowledgement log/ })
  t.match(await check(['--acks', '/no/such/file'], {}), { code: 2, stderr: /^--acks \/no\/such\/file: cannot be read \(ENOENT/ })
})
