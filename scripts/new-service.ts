import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parse } from 'yaml'
import { readFlags } from './lib/flags.ts'
import { withAlias, withBlock, withName, withProfileBlock } from './lib/service-chart.ts'
import { copiedFile, template, withWorkspace } from './lib/service-copy.ts'
import { mistakeIn } from './lib/service-name.ts'
import { root } from './lib/services.ts'

const usage = `Usage: make new-service NAME=seat-maps
Copies services/${template} into a new service with its package, tests, documents and blocks of chart values.
`
const chart = 'charts/headroom'

/** Makes the service and returns the exit code: 0 done, 1 a generator failed, 2 the name cannot be used. */
function main(): number {
  const [name, ...more] = readFlags(usage, {}, true).positionals
  const mistake = more.length > 0 ? `one name at a time, not also ${more.join(' ')}` : mistakeIn(name, taken())
  if (mistake !== undefined || name === undefined) {
    process.stderr.write(`${mistake}\n${usage}`)
    return 2
  }
  // Everything is worked out before anything is written, so that a surprise leaves the checkout as it was.
  const files = new Map([...copies(name), ...edits(name)])
  for (const [path, text] of files) {
    mkdirSync(dirname(`${root}/${path}`), { recursive: true })
    writeFileSync(`${root}/${path}`, text)
  }
  link(name)
  const { status } = spawnSync(process.execPath, [`${root}/scripts/generate.ts`], { stdio: 'inherit', cwd: root })
  if (status !== 0) return 1
  process.stdout.write(`services/${name} is there: npm start -w services/${name}, then curl localhost:3000/${name}
It is on in the chart's values and off in the kind profiles, whose CPU is given away: see ${chart}/values-kind.yaml.
`)
  return 0
}

/** Names that a service cannot have: packages, and keys of the on-sale's values. */
function taken(): Set<string> {
  const folders = ['services', 'tools'].flatMap((folder) => readdirSync(`${root}/${folder}`))
  return new Set([...folders, ...Object.keys(parse(read(`${chart}/values.yaml`)))])
}

function* copies(name: string): Iterable<[string, string]> {
  const folder = `services/${template}`
  for (const path of readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' })) {
    // The OpenAPI document is generated; what is installed or made stays behind.
    if (!/\.(ts|json|md)$/.test(path) || /(^|\/)node_modules\//.test(path) || path === 'openapi.json') continue
    const copy = copiedFile(path, read(`${folder}/${path}`), name)
    yield [`services/${name}/${copy.path}`, copy.text]
  }
}

function* edits(name: string): Iterable<[string, string]> {
  yield ['package-lock.json', withWorkspace(read('package-lock.json'), name)]
  yield [`${chart}/Chart.yaml`, withAlias(read(`${chart}/Chart.yaml`), name)]
  yield [`${chart}/templates/_names.tpl`, withName(read(`${chart}/templates/_names.tpl`), name)]
  yield [`${chart}/values.yaml`, withBlock(read(`${chart}/values.yaml`), name)]
  for (const file of readdirSync(`${root}/${chart}`).filter((file) => /^values-.*\.yaml$/.test(file)))
    yield [`${chart}/${file}`, withProfileBlock(read(`${chart}/${file}`), name)]
}

/** What npm would do: the workspace is found by its package's name. */
function link(name: string): void {
  const path = `${root}/node_modules/@headroom/${name}`
  if (existsSync(dirname(path)) && !existsSync(path)) symlinkSync(`../../services/${name}`, path)
}

function read(path: string): string {
  return readFileSync(`${root}/${path}`, 'utf8')
}

process.exitCode = main()
