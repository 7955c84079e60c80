import t from 'tap'
import { rules, type Tree } from '../scripts/lib/boundaries.ts'
import { packageRules } from '../scripts/lib/packages.ts'
import { root } from '../scripts/lib/services.ts'
import { readTree } from '../scripts/lib/tree.ts'

const all = { ...rules, ...packageRules }

t.test('the checkout keeps every rule', async (t) => {
  const tree = readTree(root)
  t.ok(tree.has('kit/service.ts') && tree.has('services/hello/app.ts'), 'the checkout was read')
  for (const [name, rule] of Object.entries(all)) t.strictSame(rule(tree), [], name)
})

/** A tiny house that keeps every rule. */
function house(changes: Record<string, string | undefined>): Tree {
  const manifest = (name: string, more: object = {}) => JSON.stringify({ name: `@headroom/${name}`, ...more })
  const service = (name: string) => ({
    [`services/${name}/package.json`]: manifest(name, { dependencies: { '@headroom/kit': '*' } }),
    [`services/${name}/main.ts`]: "import { run } from '@headroom/kit/run'\nimport { service } from './app.ts'\n\nawait run(service)\n",
    [`services/${name}/app.ts`]: "import { x } from './lib/x.ts'\nimport { r } from './routes/r.ts'\n",
    [`services/${name}/config.ts`]: '',
    [`services/${name}/README.md`]: '',
    [`services/${name}/openapi.json`]: '{}',
    [`services/${name}/routes/r.ts`]: "import type { Server } from '@headroom/kit/service'\n",
    [`services/${name}/lib/x.ts`]: "import type { FastifyReply } from 'node:http'\n",
    [`services/${name}/test/r.test.ts`]: "import t from 'tap'\n",
  })
  const files: Record<string, string | undefined> = {
    'package.json': JSON.stringify({ devDependencies: { tap: '1' } }),
    'kit/package.json': manifest('kit', { dependencies: { fastify: '5' } }),
    'kit/run.ts': "import Fastify from 'fastify'\n",
    'tools/load/package.json': manifest('load', { dependencies: { yaml: '2' } }),
    'tools/load/main.ts': "import { parse } from 'yaml'\n",
    ...service('a'),
    ...service('b'),
    ...changes,
  }
  return new Map(Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

const check = (tree: Tree) => Object.values(all).flatMap((rule) => rule(tree))

const planted: [sentence: RegExp, changes: Record<string, string | undefined>][] = [
  [
    /kit\/run\.ts: imports @headroom\/a\/app; kit imports no other/,
    { 'kit/run.ts': "import Fastify from 'fastify'\nimport { service } from '@headroom/a/app'\n" },
  ],
  [
    /a\/config\.ts: imports @headroom\/b\/config; a service imports kit/,
    { 'services/a/config.ts': "import { config } from '@headroom/b/config'\n" },
  ],
  [/a\/config\.ts: imports @headroom\/load\/main; a service/, { 'services/a/config.ts': "export * from '@headroom/load/main'\n" }],
  [
    /a\/test\/r\.test\.ts: imports @headroom\/b\/app; a service/,
    { 'services/a/test/r.test.ts': "import { service } from '@headroom/b/app'\n" },
  ],
  [
    /load\/main\.ts: imports @headroom\/a\/app; a tool/,
    { 'tools/load/main.ts': "import { parse } from 'yaml'\nawait import('@headroom/a/app')\n" },
  ],
  [
    /a\/config\.ts: imports \.\.\/b\/config\.ts; a relative import leaves/,
    { 'services/a/config.ts': "import { config } from '../b/config.ts'\n" },
  ],
  [/kit\/x\.ts: imports \.\.\/tools\/load\/main\.ts; a relative/, { 'kit/x.ts': "import {\n  main,\n} from '../tools/load/main.ts'\n" }],
  [/a\/config\.ts: imports \.\/app; a relative import ends/, { 'services/a/config.ts': "import { service } from './app'\n" }],
  [/a\/config\.ts: imports \.\/app\.js; a relative import ends/, { 'services/a/config.ts': "import './app.js'\n" }],
  [
    /kit\/run\.ts: imports \.\/test\/postgres\.ts; what runs/,
    { 'kit/run.ts': "import Fastify from 'fastify'\nimport './test/postgres.ts'\n" },
  ],
  [
    /a\/lib\/x\.ts: imports @headroom\/kit\/test\/postgres; what/,
    { 'services/a/lib/x.ts': "export * from '@headroom/kit/test/postgres'\n" },
  ],
  [/a\/lib\/x\.ts: imports \.\.\/routes\/r\.ts; lib is logic/, { 'services/a/lib/x.ts': "import { r } from '../routes/r.ts'\n" }],
  [/a\/lib\/x\.ts: imports fastify-plugin; lib is/, { 'services/a/lib/x.ts': "import fp from 'fastify-plugin'\n" }],
  [/a\/main\.ts: main\.ts only calls/, { 'services/a/main.ts': "import { service } from './app.ts'\nconsole.log(service)\n" }],
  [/root has devDependencies only/, { 'package.json': JSON.stringify({ devDependencies: { tap: '1' }, dependencies: { fastify: '5' } }) }],
  [/kit\/long\.ts: 201 lines/, { 'kit/long.ts': '\n'.repeat(201) }],
  [/kit\/x\.ts: FIXM[E]/, { 'kit/x.ts': '// FIXM'.concat('E: later\n') }],
  [/r\.test\.ts: t\.onl[y]\(/, { 'services/a/test/r.test.ts': "import t from 'tap'\nt.onl".concat("y('x')\n") }],
  [/kit\/x\.ts: @ts-ignor[e]/, { 'kit/x.ts': '// @ts-ignor'.concat('e\n') }],
  [/services\/a: has no README\.md/, { 'services/a/README.md': undefined }],
  [/services\/a: has no test\//, { 'services/a/test/r.test.ts': undefined }],
  [/services\/a: utils\/ has no place/, { 'services/a/utils/x.ts': '' }],
  [/services\/a: migrate\.ts and migrations\/ go together/, { 'services/a/migrate.ts': '' }],
  [/kit\/run\.test\.ts: tests live in test\//, { 'kit/run.test.ts': "import t from 'tap'\n" }],
  [
    /a\/config\.ts: imports typebox, which services\/a\/package\.json does not declare/,
    { 'services/a/config.ts': "import { Type } from 'typebox'\n" },
  ],
  [/r\.test\.ts: imports fast-check, which/, { 'services/a/test/r.test.ts': "import fc from 'fast-check'\n" }],
  [/kit\/package\.json: declares fastify, which nothing/, { 'kit/run.ts': "import http from 'node:http'\n" }],
  [
    /tools\/load\/package\.json: declares yaml, which nothing/,
    { 'tools/load/main.ts': '', 'tools/load/test/x.test.ts': "import { parse } from 'yaml'\n" },
  ],
  [
    /tools\/load: is named @headroom\/loader, not @headroom\/load/,
    { 'tools/load/package.json': '{"name":"@headroom/loader","dependencies":{"yaml":"2"}}' },
  ],
]

t.test('a house that keeps the rules passes', async (t) => t.strictSame(check(house({})), []))

t.test('every planted violation is found', async (t) => {
  for (const [sentence, changes] of planted) t.match(check(house(changes)).join('\n'), sentence)
})
