import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as prometheus from 'prom-client'
import t from 'tap'
import * as undici from 'undici'
import { Counter, Gauge, loadPool, Registry } from '../parts.ts'

t.test('the parts are the classes of the whole', async (t) => {
  t.equal(Counter, prometheus.Counter)
  t.equal(Gauge, prometheus.Gauge)
  t.equal(Registry, prometheus.Registry)
  t.equal(loadPool(), undici.Pool)
  t.type(loadPool().prototype.request, 'function')
})

t.test('a service starts without what it does not use', async (t) => {
  const service = fileURLToPath(new URL('../service.ts', import.meta.url))
  const script = `
    const loaded = new Set()
    require('node:module').registerHooks({ load(url, context, next) { loaded.add(url); return next(url, context) } })
    import(${JSON.stringify(service)}).then(() => console.log([...loaded, ...process.moduleLoadList].join('\\n')))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--eval', script], { env: { PATH: process.env.PATH } })
  t.match(stdout, /\/fastify\/fastify\.js$/m, 'the list is one of loaded modules')
  for (const name of ['typebox', 'undici', 'pg', '@opentelemetry/api', 'pino-pretty', 'env-schema'])
    t.notOk(stdout.includes(`/node_modules/${name}/`), `${name} is not loaded`)
  t.match(stdout, /^NativeModule http$/m, 'the list has what Node brings')
  t.notMatch(stdout, /internal\/deps\/undici/, "Node's own undici is not loaded")
})
