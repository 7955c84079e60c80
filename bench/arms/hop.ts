/** The least that a hop in Node can be: node:http in front, undici behind, the answer passed on as it comes. UPSTREAM_PORT names the peer. */
import { createServer } from 'node:http'
import { Pool } from 'undici'

const pool = new Pool(`http://127.0.0.1:${process.env.UPSTREAM_PORT}`, { connections: 64, pipelining: 1 })
createServer(async ({ url = '/' }, reply) => {
  const { statusCode, headers, body } = await pool.request({ method: 'GET', path: url })
  const text = await body.text()
  reply.writeHead(statusCode, { 'content-type': String(headers['content-type']), 'content-length': Buffer.byteLength(text) }).end(text)
}).listen(Number(process.env.PORT), '127.0.0.1')
