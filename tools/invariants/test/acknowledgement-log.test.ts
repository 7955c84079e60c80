import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readAcknowledgements } from '../acknowledgement-log.ts'

const ACK = { key: 'k', eventId: 'e', tierId: 't', quantity: 1, outcome: 'ok', status: 201, orderId: 'o', state: 'confirmed' }
const FAILED = { key: 'k2', eventId: 'e', tierId: 't', quantity: 1, outcome: 'failed', status: null }

t.test('a log, and a recording of standard output', async (t) => {
  const path = join(t.testdir(), 'acks.ndjson')
  writeFileSync(path, `${JSON.stringify({ ...ACK, atMs: 1 })}\n\n${JSON.stringify({ ...FAILED, unknown: true, reason: 'timeout' })}\n`)
  t.same(await readAcknowledgements(path), [ACK, FAILED])
  writeFileSync(path, `{"t":1,"offered":4}\n${JSON.stringify({ ack: ACK })}\r\n{"summary":{}}\n`)
  t.same(await readAcknowledgements(path), [ACK])
  writeFileSync(path, '')
  t.same(await readAcknowledgements(path), [])
})

t.test('what is no log', async (t) => {
  const path = join(t.testdir(), 'acks.ndjson')
  const refused = async (content: string, message: RegExp) => {
    writeFileSync(path, content)
    await t.rejects(readAcknowledgements(path), { name: 'LogError', message })
  }
  await refused(`${JSON.stringify(ACK)}\n{"key":`, /acks\.ndjson:2: not JSON, the log was cut off/)
  for (const missing of Object.keys(FAILED)) {
    await refused(JSON.stringify({ ...FAILED, [missing]: undefined }), /acks\.ndjson:1: no acknowledgement, it needs key/)
  }
  await refused('null', /no acknowledgement/)
  await refused('7', /acks\.ndjson:1/)
  await t.rejects(readAcknowledgements(`${path}.no`), { name: 'LogError', message: /cannot be read \(ENOENT/ })
})
