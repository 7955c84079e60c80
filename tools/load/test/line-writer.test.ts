import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import t from 'tap'
import { LineWriter } from '../line-writer.ts'

t.test('every line is in the file once closed', async (t) => {
  const path = join(t.testdir(), 'lines.ndjson')
  const writer = LineWriter.toFile(path, (error) => t.fail(error.message))
  for (let number = 0; number < 5000; number += 1) writer.write({ number })
  await writer.close()
  const numbers = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).number)
  t.same(
    numbers,
    Array.from({ length: 5000 }, (_, number) => number),
  )
})

t.test('a slow stream holds up nobody and loses nothing', async (t) => {
  let text = ''
  let writes = 0
  const slow = new Writable({
    highWaterMark: 16,
    write: (chunk, _, done) => {
      writes += 1
      text += chunk
      setImmediate(done)
    },
  })
  const writer = new LineWriter(slow, false, (error) => t.fail(error.message))
  for (let number = 0; number < 100; number += 1) writer.write(number)
  t.ok(writes <= 1, 'nothing was forced on it')
  await writer.close()
  t.equal(text.split('\n').length, 101)
  t.equal(slow.writableEnded, false, 'left open, as stdout must be')
})

t.test('a file that cannot be written', async (t) => {
  const errors: Error[] = []
  const writer = LineWriter.toFile(join(t.testdir(), 'no', 'such', 'dir'), (error) => errors.push(error))
  writer.write(1)
  await t.rejects(writer.close(), { code: 'ENOENT' })
  writer.write(2)
  t.equal(errors.length, 1)
})

t.test('a stream that takes nothing ends the log with an error', async (t) => {
  const stuck = new Writable({ write: () => undefined })
  let told = (_error: Error) => {}
  const failed = new Promise<Error>((resolve) => {
    told = resolve
  })
  const writer = new LineWriter(stuck, true, told)
  const megabyte = 'x'.repeat(1_000_000)
  for (let count = 0; count < 80; count += 1) writer.write(megabyte)
  t.match((await failed).message, /the output is too slow/)
  await t.rejects(writer.close(), { message: /too slow/ })
})
