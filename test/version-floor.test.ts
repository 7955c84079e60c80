import { readFileSync } from 'node:fs'
import t from 'tap'
import { root } from '../scripts/lib/services.ts'

/** Least versions of packages that had security advisories: what was wrong below, and the fix. */
const floors: Record<string, { least: string; advisory: string }> = {
  fastify: { least: '5.12.6', advisory: 'validation of requests can be bypassed and X-Forwarded-* be forged' },
  '@fastify/proxy-addr': { least: '5.1.1', advisory: 'a client can forge its address, and so walk past a rate limit' },
}

/** Packages that are not used at all. */
const refused: Record<string, string> = {
  '@fastify/http-proxy': 'a client can choose the path and the headers that reach a peer',
  '@fastify/reply-from': 'a client can choose the path and the headers that reach a peer',
}

interface Lockfile {
  packages: Record<string, { version?: string; name?: string }>
}

/** Every installed copy that is too old or refused, in a sentence each; also a floor whose package is gone, since it guards nothing. */
function tooOld({ packages }: Lockfile): string[] {
  const copies = Object.entries(packages).flatMap(([path, { name, version }]) => {
    const [, folder] = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path) ?? []
    return folder === undefined || version === undefined ? [] : [{ path, name: name ?? folder, version }]
  })
  const sentences = copies.flatMap(({ path, name, version }) => {
    const { least, advisory } = floors[name] ?? {}
    if (least !== undefined && isOlder(version, least))
      return [
        `${path} is ${version}, in which ${advisory}: npm install ${name}@${least} --save-exact -w FOLDER where it is declared, npm update ${name} elsewhere`,
      ]
    const reason = refused[name]
    return reason === undefined ? [] : [`${path} is ${name}, with which ${reason}: call the peer by kit's client instead`]
  })
  const gone = Object.keys(floors).filter((floor) => !copies.some(({ name }) => name === floor))
  return [...sentences, ...gone.map((name) => `${name} is not installed any more: remove its floor`)]
}

/** Compares by number, part by part; a pre-release is older than its release. */
function isOlder(version: string, least: string): boolean {
  const parts = (text: string) => text.split('-', 1)[0]?.split('.').map(Number) ?? []
  const [a, b] = [parts(version), parts(least)]
  for (const [i, part] of b.entries()) if (a[i] !== part) return !((a[i] ?? -1) > part)
  return version.includes('-')
}

t.test('no installed package is below its floor', async (t) => {
  t.strictSame(tooOld(JSON.parse(readFileSync(`${root}/package-lock.json`, 'utf8')) as Lockfile), [])
})

t.test('an old copy is found wherever it hides, and a refused package', async (t) => {
  const fine = { 'node_modules/fastify': { version: '5.12.6' }, 'node_modules/@fastify/proxy-addr': { version: '5.1.1' } }
  const check = (packages: Lockfile['packages']) => tooOld({ packages: { '': { version: '0.1.0' }, ...fine, ...packages } })
  t.strictSame(check({ 'node_modules/fastify': { version: '6.0.0' } }), [])
  t.match(check({ 'kit/node_modules/fastify': { version: '5.9.9' } }), [
    /^kit\/node_modules\/fastify is 5\.9\.9, in which .*: npm install fastify@5\.12\.6/,
  ])
  t.match(check({ 'node_modules/fastify': { version: '5.12.6-rc.1' } }), [/in which validation of requests can be bypassed/])
  t.match(check({ 'node_modules/a/node_modules/other': { name: 'fastify', version: '4.29.1' } }), [/is 4\.29\.1/], 'under another name')
  t.match(check({ 'node_modules/@fastify/proxy-addr': { version: '5.1.0' } }), [/a client can forge its address/])
  for (const name of Object.keys(refused))
    t.match(check({ [`node_modules/${name}`]: { version: '99.0.0' } }), [/call the peer by kit's client instead/])
  t.match(tooOld({ packages: { 'node_modules/fastify': { version: '5.12.8' } } }), [/proxy-addr is not installed any more/])
})
