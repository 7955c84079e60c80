import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { readFlags } from './lib/flags.ts'
import { documentBreaks } from './lib/openapi-compat.ts'
import type { Document } from './lib/openapi-types.ts'
import { root } from './lib/services.ts'

const usage = `Usage: node scripts/openapi-compat.ts [--base REV]
Fails when services/*/openapi.json would break a consumer written against the documents of REV
(default: the newest tag before HEAD, or HEAD where there is none).
`

/** Prints one sentence per break and returns the exit code: 0 compatible, 1 not, 2 the base cannot be read. */
function main(): number {
  const { values } = readFlags(usage, { base: { type: 'string' } })
  if (git('rev-parse', '--git-dir') === undefined) return print('not a git checkout: there is no earlier release to compare with\n', 0)
  const base = values.base ?? git('describe', '--tags', '--abbrev=0')?.trim() ?? 'HEAD'
  if (git('rev-parse', '--verify', '--quiet', `${base}^{commit}`) === undefined)
    return print(`--base ${base}: no such revision; name a tag, a branch or a commit\n`, 2)
  const paths = (git('ls-tree', '-r', '--name-only', base, 'services/') ?? '')
    .split('\n')
    .filter((path) => /^services\/[^/]+\/openapi\.json$/.test(path))
  const breaks = paths.flatMap((path) => breaksOf(path, JSON.parse(git('show', `${base}:${path}`) as string)))
  if (breaks.length === 0) return print(`${paths.length} documents break no consumer of ${base}\n`, 0)
  for (const line of breaks) process.stderr.write(`${line}\n`)
  return print(`These changes break consumers of ${base}: keep the old form beside the new one for a release.\n`, 1)
}

function breaksOf(path: string, base: Document): string[] {
  if (!existsSync(`${root}/${path}`)) return [`${path} is gone`]
  return documentBreaks(base, JSON.parse(readFileSync(`${root}/${path}`, 'utf8'))).map((line) => `${path}: ${line}`)
}

/** Standard output of a git command, or undefined when it fails or there is no git. */
function git(...args: string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  return status === 0 ? stdout : undefined
}

function print(text: string, code: number): number {
  process[code === 0 ? 'stdout' : 'stderr'].write(text)
  return code
}

process.exitCode = main()
