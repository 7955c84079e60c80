import { createServer } from 'node:http'

/** The least that node:http can do for the same answer. */
const body = 'Hello World!'
const headers = { 'content-type': 'text/plain; charset=utf-8', 'content-length': body.length }

createServer({ keepAliveTimeout: 5000 }, (_request, response) => {
  response.writeHead(200, headers)
  response.end(body)
}).listen(Number(process.env.PORT), '127.0.0.1')
