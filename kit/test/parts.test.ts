import { execFile } from 'node:child_process'
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
})

t.test('a service starts without what it does not use', async (t) => {
  const loaded = await loadedBy({})
  t.match(loaded, /\/fastify\/fastify\.js$/m, 'the list is one of loaded modules')
  for (const name of ['typebox', 'undici', 'pg', '@opentelemetry/api', 'pino-pretty', 'env-schema'])
    t.notOk(loaded.includes(`/node_modules/${name}/`), `${name} is not loaded`)
  t.match(loaded, /^NativeModule http$/m, 'the list has what Node brings')
  t.notMatch(loaded, /internal\/deps\/undici/, "Node's own undici is not loaded")
})

t.test('what makes spans is loaded by who exports them, and by nobody else', async (t) => {
  const of = async (env: Record<string, string>) => new Set((await loadedBy(env)).split('\n').filter((line) => line.startsWith('file:')))
  const [without, exporting] = [await of({}), await of({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' })]
  const names = [...exporting.difference(without)].map((url) => url.replace(/^.*\//, ''))
  t.strictSame(names.sort(), ['otlp.ts', 'package.json', 'span-exporter.ts', 'tracer.ts'])
  t.strictSame([...without.difference(exporting)], [], 'and nothing else depends on it')
})

/** Every module that building a service loads, a line each. */
async function loadedBy(env: Record<string, string>): Promise<string> {
  const { href } = new URL('.', import.meta.url)
  const script = `
    const loaded = new Set()
    require('node:module').registerHooks({ load(url, context, next) { loaded.add(url); return next(url, context) } })
    const build = async () => {
      const [{ createService, defineService }, { defineConfig }] = [await import('${href}../service.ts'), await import('${href}../config.ts')]
      const service = await createService(defineService({ name: 'sample', config: defineConfig({}), app: async () => {} }))
      await service.server.ready()
      await service.close()
      console.log([...loaded, ...process.moduleLoadList].join('\\n'))
    }
    build()`
  const { stdout } = await promisify(execFile)(process.execPath, ['--eval', script], {
    env: { PATH: process.env.PATH, LOG_LEVEL: 'silent', ...env },
  })
  return stdout.trim()
}
