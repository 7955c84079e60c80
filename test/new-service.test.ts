import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { copiedFile, withWorkspace } from '../scripts/lib/service-copy.ts'
import { mistakeIn } from '../scripts/lib/service-name.ts'
import { root } from '../scripts/lib/services.ts'

t.setTimeout(300_000)

t.test('a name that cannot be used is refused with a sentence that says what to do', async (t) => {
  const taken = new Set(['orders', 'postgres'])
  const refused: [string | undefined, RegExp][] = [
    [undefined, /NAME is missing: make new-service NAME=/],
    ['', /NAME is missing/],
    ['Tickets', /use lower case letters/],
    ['1st', /a letter first/],
    ['a--b', /single hyphens/],
    ['a-', /single hyphens/],
    ['../x', /use lower case/],
    ['x'.repeat(31), /has 31 characters: use at most 30/],
    ['class', /reserved word/],
    ['service', /reserved word/],
    ['orders', /is taken/],
    ['postgres', /is taken/],
  ]
  for (const [name, sentence] of refused) t.match(mistakeIn(name, taken), sentence)
  for (const name of ['tickets', 'seat-maps', 'a2']) t.equal(mistakeIn(name, taken), undefined)
})

t.test('the script refuses a service that exists and changes nothing', async (t) => {
  const run = (...names: string[]) => spawnSync(process.execPath, [`${root}/scripts/new-service.ts`, ...names], { encoding: 'utf8' })
  t.match(run('orders'), { status: 2, stderr: /NAME=orders is taken/ })
  t.match(run(), { status: 2, stderr: /NAME is missing/ })
  t.match(run('a', 'b'), { status: 2, stderr: /one name at a time, not also b/ })
})

t.test('a hyphen becomes a capital where TypeScript wants an identifier', async (t) => {
  const { path, text } = copiedFile('routes/hello.ts', "import { hello } from './routes/hello.ts'\nurl: '/hello'\n", 'seat-maps')
  t.strictSame(
    { path, text },
    { path: 'routes/seat-maps.ts', text: "import { seatMaps } from './routes/seat-maps.ts'\nurl: '/seat-maps'\n" },
  )
})

t.test('the lockfile is written as npm writes it', async (t) => {
  const lock = readFileSync(`${root}/package-lock.json`, 'utf8')
  const more = JSON.parse(withWorkspace(lock, 'seat-maps')).packages
  t.strictSame(more['node_modules/@headroom/seat-maps'], { resolved: 'services/seat-maps', link: true })
  t.match(more['services/seat-maps'], { name: '@headroom/seat-maps', dependencies: { '@headroom/kit': '*' } })
  t.strictSame(
    Object.keys(more).filter((key) => !key.endsWith('seat-maps')),
    Object.keys(JSON.parse(lock).packages),
    'in the same order',
  )
})

t.test('a new service passes the checks and its tests untouched', async (t) => {
  const copy = mkdtempSync(join(tmpdir(), 'headroom-new-service-'))
  t.teardown(() => rmSync(copy, { recursive: true, force: true }))
  copyCheckout(copy)
  // Without the test runner's own variables: what runs there is a test run of its own.
  const env = { PATH: process.env.PATH, HOME: process.env.HOME }
  const run = async (...args: string[]) => {
    // The test runner puts its loaders into every child's NODE_OPTIONS; the commands of a checkout run without them.
    const child = spawn('env', ['-u', 'NODE_OPTIONS', process.execPath, ...args], { cwd: copy, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const [code, out, err] = await Promise.all([
      new Promise((resolve) => child.once('close', resolve)),
      text(child.stdout),
      text(child.stderr),
    ])
    t.equal(code, 0, args.join(' '), { output: code === 0 ? '' : `${out}${err}`.slice(-4000) })
    return out
  }
  t.match(await run('scripts/new-service.ts', 'seat-maps'), 'services/seat-maps is there')
  t.match(await run('services/seat-maps/test/seat-maps.test.ts'), /^ok 1 - GET \/seat-maps answers/m)
  await run('scripts/generate.ts', '--check')
  for (const test of ['boundaries', 'contracts', 'docs', 'charts/values', 'charts/profiles']) await run(`test/${test}.test.ts`)
  await run('node_modules/typescript/bin/tsc', '--noEmit')
  await run('node_modules/@biomejs/biome/bin/biome', 'check', 'services/seat-maps', 'package-lock.json')
})

/** The checkout as git sees it; what is installed is linked, the workspaces to the copy's own folders. */
function copyCheckout(copy: string): void {
  const { stdout } = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  for (const path of stdout.split('\0').filter((path) => path !== ''))
    cpSync(`${root}/${path}`, `${copy}/${path}`, { recursive: true, verbatimSymlinks: true, force: true, errorOnExist: false })
  mkdirSync(`${copy}/node_modules/@headroom`, { recursive: true })
  for (const name of readdirSync(`${root}/node_modules`))
    if (name !== '@headroom') symlinkSync(`${root}/node_modules/${name}`, `${copy}/node_modules/${name}`)
  for (const folder of [
    'kit',
    ...['services', 'tools'].flatMap((parent) => readdirSync(`${copy}/${parent}`).map((name) => `${parent}/${name}`)),
  ]) {
    symlinkSync(`${copy}/${folder}`, `${copy}/node_modules/@headroom/${folder.split('/').at(-1)}`)
    // What npm has put there since another version lies at the top.
    if (existsSync(`${root}/${folder}/node_modules`)) symlinkSync(`${root}/${folder}/node_modules`, `${copy}/${folder}/node_modules`)
  }
}
