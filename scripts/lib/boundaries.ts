/** A checkout as text: file contents by path from the root. */
export type Tree = ReadonlyMap<string, string>

/** One rule of the house: what breaks it, one sentence per cause. */
export type Rule = (tree: Tree) => string[]

interface Import {
  path: string
  specifier: string
  /** `import type`: gone at run time. */
  typeOnly: boolean
}

const linesMax = 200
/** All rules, by name. */
export const rules: Record<string, Rule> = {
  kitKnowsNoOther: (tree) =>
    importsOf(tree, /^kit\//).flatMap((i) => (workspaceOf(i.specifier) ? [breaks(i, 'kit imports no other package')] : [])),
  servicesKnowOnlyKit: (tree) =>
    importsOf(tree, /^services\//).flatMap((i) => {
      const other = workspaceOf(i.specifier)
      if (other === undefined || other === 'kit' || (isTest(i.path) && !isService(tree, other))) return []
      return [breaks(i, 'a service imports kit and no other package of ours')]
    }),
  toolsKnowNoService: (tree) =>
    importsOf(tree, /^tools\//).flatMap((i) => {
      const other = workspaceOf(i.specifier)
      return other !== undefined && isService(tree, other) ? [breaks(i, "a tool imports no service's inside")] : []
    }),
  relativeImportsStayInside: (tree) =>
    importsOf(tree, /^(kit|services|tools)\//).flatMap((i) => (staysInside(i) ? [] : [breaks(i, 'a relative import leaves its package')])),
  relativeImportsNameTheFile: (tree) =>
    importsOf(tree, /./).flatMap((i) =>
      /^\.{1,2}\/(?!.*\.(ts|json)$)/.test(i.specifier) ? [breaks(i, 'a relative import ends in .ts')] : [],
    ),
  libIsPure: (tree) =>
    importsOf(tree, /^services\/[^/]+\/lib\//).flatMap((i) => {
      const wiring =
        /^\.\.\/(plugins|routes)\//.test(i.specifier) || i.specifier === 'fastify-plugin' || (i.specifier === 'fastify' && !i.typeOnly)
      return wiring ? [breaks(i, 'lib is logic without Fastify')] : []
    }),
  runningCodeImportsNoTest: (tree) =>
    importsOf(tree, /^(kit|services|tools)\//).flatMap((i) =>
      !isTest(i.path) && /\/(test|bench)\//.test(i.specifier) ? [breaks(i, 'what runs in production imports no test')] : [],
    ),
  mainOnlyRuns: (tree) =>
    [...tree].flatMap(([path, text]) =>
      /^services\/[^/]+\/main\.ts$/.test(path) && text !== mainText ? [`${path}: main.ts only calls run(service)`] : [],
    ),
  rootHasToolsOnly: (tree) => (manifest(tree, 'package.json').dependencies ? ['package.json: the root has devDependencies only'] : []),
  filesAreSmall: (tree) =>
    [...tree].flatMap(([path, text]) => {
      const lines = text.split('\n').length - 1
      return path.endsWith('.ts') && lines > linesMax ? [`${path}: ${lines} lines, at most ${linesMax}`] : []
    }),
  nothingLeftOver: (tree) =>
    [...tree].flatMap(([path, text]) => {
      const found = path.endsWith('.ts') ? text.match(leftovers)?.[0] : undefined
      return found === undefined ? [] : [`${path}: ${found.trim()}`]
    }),
}

const mainText = `import { run } from '@headroom/kit/run'\nimport { service } from './app.ts'\n\nawait run(service)\n`
/** The brackets keep the pattern from finding itself. */
const leftovers = /\b(TOD[O]|FIXM[E])\b|@ts-(ignor[e]|nochec[k])|\bt\.(onl[y]|ski[p]|tod[o])\(/

/** Every import and re-export of the files whose path matches. */
export function importsOf(tree: Tree, where: RegExp): Import[] {
  const imports: Import[] = []
  for (const [path, text] of tree) {
    if (!path.endsWith('.ts') || !where.test(path)) continue
    for (const [statement, , named, dynamic, bare] of text.matchAll(importPattern)) {
      const specifier = named ?? dynamic ?? bare
      if (specifier !== undefined) imports.push({ path, specifier, typeOnly: /^(import|export) type\b/.test(statement) })
    }
  }
  return imports
}

const importPattern =
  /^\s*(import|export)\s[^'"`]*?\bfrom '([@\w./:-]+)'|\bimport(?:\.meta\.resolve)?\('([@\w./:-]+)'\)|^import '([@\w./:-]+)'/gm

function breaks({ path, specifier }: Import, sentence: string): string {
  return `${path}: imports ${specifier}; ${sentence}`
}

/** `kit` of `@headroom/kit/run`; undefined for anything that is not ours. */
export function workspaceOf(specifier: string): string | undefined {
  return /^@headroom\/([^/]+)/.exec(specifier)?.[1]
}

function isService(tree: Tree, name: string): boolean {
  return tree.has(`services/${name}/package.json`)
}

/** True for files that never run in production. */
export function isTest(path: string): boolean {
  return /(^|\/)(test|bench)\//.test(path)
}

/** The package a file belongs to, by its folder. */
export function packageOf(path: string): string {
  const [first = '', second = ''] = path.split('/')
  return first === 'services' || first === 'tools' ? `${first}/${second}` : first
}

function staysInside({ path, specifier }: Import): boolean {
  if (!specifier.startsWith('.')) return true
  const target = new URL(specifier, `file:///${path}`).pathname.slice(1)
  return packageOf(target) === packageOf(path)
}

interface Manifest {
  name?: string
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

export function manifest(tree: Tree, path: string): Manifest {
  return JSON.parse(tree.get(path) ?? '{}') as Manifest
}
