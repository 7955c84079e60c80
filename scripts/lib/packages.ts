import { builtinModules } from 'node:module'
import { importsOf, isTest, manifest, packageOf, type Rule, type Tree } from './boundaries.ts'

/** What a service's folder must hold, and what it may. */
const required = ['README.md', 'app.ts', 'config.ts', 'main.ts', 'openapi.json', 'package.json', 'routes/', 'test/']
const allowed = [...required, 'lib/', 'plugins/', 'migrate.ts', 'migrations/', 'public/']

/** Rules about packages as wholes. */
export const packageRules: Record<string, Rule> = {
  servicesHaveOneShape: (tree) =>
    packagesOf(tree, /^services\//).flatMap((folder) => {
      const entries = entriesOf(tree, folder)
      const missing = required.filter((entry) => !entries.has(entry)).map((entry) => `${folder}: has no ${entry}`)
      const odd = [...entries].filter((entry) => !allowed.includes(entry)).map((entry) => `${folder}: ${entry} has no place in a service`)
      const lone = entries.has('migrations/') === entries.has('migrate.ts') ? [] : [`${folder}: migrate.ts and migrations/ go together`]
      return [...missing, ...odd, ...lone]
    }),
  testsHaveTheirFolder: (tree) =>
    [...tree.keys()].flatMap((path) => (/\.test\.ts$/.test(path) && !isTest(path) ? [`${path}: tests live in test/`] : [])),
  importsAreDeclared: (tree) => packagesOf(tree, /^(kit|services|tools)\b/).flatMap((folder) => undeclared(tree, folder)),
  declaredIsImported: (tree) => packagesOf(tree, /^(kit|services|tools)\b/).flatMap((folder) => unused(tree, folder)),
  packagesAreNamedByFolder: (tree) =>
    packagesOf(tree, /^(kit|services|tools)\b/).flatMap((folder) => {
      const { name } = manifest(tree, `${folder}/package.json`)
      const expected = `@headroom/${folder.split('/').at(-1)}`
      return name === expected ? [] : [`${folder}: is named ${name}, not ${expected}`]
    }),
}

/** Folders with a package.json. */
function packagesOf(tree: Tree, where: RegExp): string[] {
  return [...tree.keys()].flatMap((path) =>
    path.endsWith('/package.json') && where.test(path) ? [path.slice(0, -'/package.json'.length)] : [],
  )
}

function entriesOf(tree: Tree, folder: string): Set<string> {
  const names = [...tree.keys()].filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1))
  return new Set(names.map((name) => (name.includes('/') ? `${name.split('/')[0]}/` : name)))
}

/** `fastify` of `fastify/x`, `@a/b` of `@a/b/c`; undefined for what is relative or built in. */
function packageNameOf(specifier: string): string | undefined {
  if (/^(\.|node:|file:)/.test(specifier) || builtins.has(specifier)) return undefined
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

const builtins = new Set(builtinModules)

/** Files of one package, and the packages they import. */
function importedBy(tree: Tree, folder: string): { path: string; name: string; typeOnly: boolean }[] {
  return importsOf(tree, new RegExp(`^${folder}/`))
    .filter(({ path }) => packageOf(path) === folder)
    .flatMap(({ path, specifier, typeOnly }) => {
      const name = packageNameOf(specifier)
      return name === undefined ? [] : [{ path, name, typeOnly }]
    })
}

function undeclared(tree: Tree, folder: string): string[] {
  const { name: self, dependencies = {}, devDependencies = {} } = manifest(tree, `${folder}/package.json`)
  const { devDependencies: tools = {} } = manifest(tree, 'package.json')
  const sentences = importedBy(tree, folder).flatMap(({ path, name }) => {
    const inTest = isTest(path)
    const known = name in dependencies || (inTest && (name in devDependencies || name in tools || name === self))
    return known ? [] : [`${path}: imports ${name}, which ${folder}/package.json does not declare`]
  })
  return [...new Set(sentences)]
}

function unused(tree: Tree, folder: string): string[] {
  const { dependencies = {}, devDependencies = {} } = manifest(tree, `${folder}/package.json`)
  const imports = importedBy(tree, folder)
  const running = new Set(imports.filter(({ path }) => !isTest(path)).map(({ name }) => name))
  const all = new Set(imports.map(({ name }) => name))
  return [
    ...Object.keys(dependencies).filter((name) => !running.has(name)),
    ...Object.keys(devDependencies).filter((name) => !all.has(name)),
  ].map((name) => `${folder}/package.json: declares ${name}, which nothing in it imports`)
}
