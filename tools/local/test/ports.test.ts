import { createServer } from 'node:net'
import t from 'tap'
import { freePorts } from '../ports.ts'

t.test('ports that are free, different and out of reach of outgoing connections', async (t) => {
  const ports = await freePorts(20)
  t.equal(new Set(ports).size, 20)
  t.ok(ports.every((port) => port >= 20_000 && port < 30_000))
  for (const port of ports.slice(0, 3)) {
    const server = createServer()
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
    await new Promise((resolve) => server.close(resolve))
  }
})

t.test('too many is an error, not a wait without end', async (t) => {
  await t.rejects(freePorts(2000), { message: 'too few ports of 127.0.0.1 are free between 20000 and 29999' })
})
