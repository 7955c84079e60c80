/** The same hop over kit's pool of connections. UPSTREAM_PORT names the peer. */
import { createServer } from 'node:http'
import { PeerPool } from '@headroom/kit/pool'

const pool = new PeerPool(`http://127.0.0.1:${process.env.UPSTREAM_PORT}`, 64)
createServer(async ({ url = '/' }, reply) => {
  const { status, headers, text } = await pool.send({ method: 'GET', path: url, headers: [], body: undefined }, 2000)
  reply.writeHead(status, { 'content-type': String(headers['content-type']), 'content-length': Buffer.byteLength(text) }).end(text)
}).listen(Number(process.env.PORT), '127.0.0.1')
