import { chmodSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import type { Test } from 'tap'

/** What `kubectl proxy` serves by path, and what each call of `kubectl logs` prints: the first call the first text, and so on. */
export interface FakeCluster {
  paths: Record<string, { status?: number; body: unknown }>
  logs?: string[]
}

const program = `#!/usr/bin/env node
const { createServer } = require('node:http')
const { appendFileSync, readFileSync } = require('node:fs')
const { join } = require('node:path')
const args = process.argv.slice(2)
const calls = join(__dirname, 'calls.txt')
const { paths, logs = [] } = JSON.parse(readFileSync(join(__dirname, 'cluster.json'), 'utf8'))
if (args.includes('proxy')) {
  createServer((request, response) => {
    const { status = 200, body } = JSON.parse(readFileSync(join(__dirname, 'cluster.json'), 'utf8')).paths[request.url] ?? { status: 404, body: { message: 'not found' } }
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
  }).listen(0, '127.0.0.1', function () { console.log('Starting to serve on 127.0.0.1:' + this.address().port) })
} else if (args.includes('logs')) {
  appendFileSync(calls, args.join(' ') + '\\n')
  process.stdout.write(logs[readFileSync(calls, 'utf8').trim().split('\\n').length - 1] ?? '')
}
`

/**
 * Puts a kubectl on the PATH that plays a cluster, until the test ends.
 * @returns a function that changes the cluster, and the file with the calls of `kubectl logs`
 */
export function fakeKubectl(t: Test, cluster: FakeCluster): { change: (cluster: FakeCluster) => void; calls: string } {
  const folder = t.testdir({ kubectl: program, 'package.json': '{"type": "commonjs"}' })
  chmodSync(join(folder, 'kubectl'), 0o755)
  const change = (now: FakeCluster) => writeFileSync(join(folder, 'cluster.json'), JSON.stringify(now))
  change(cluster)
  const { PATH } = process.env
  process.env.PATH = [folder, dirname(process.execPath), PATH].join(delimiter)
  t.teardown(() => {
    process.env.PATH = PATH
  })
  return { change, calls: join(folder, 'calls.txt') }
}
