import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import type { Tree } from './boundaries.ts'

/** Every text file of the checkout that is ours: what git would commit, or without git all but what is installed or made. */
export function readTree(root: string): Tree {
  const tree = new Map<string, string>()
  for (const path of pathsOf(root)) {
    const full = `${root}/${path}`
    if (existsSync(full) && lstatSync(full).isFile() && /\.(ts|json|md|sql|yaml)$/.test(path)) tree.set(path, readFileSync(full, 'utf8'))
  }
  return tree
}

function pathsOf(root: string): string[] {
  const { status, stdout } = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status === 0) return stdout.split('\0').filter((path) => path !== '')
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => !/(^|\/)(node_modules|out|\.tap|\.git)(\/|$)/.test(path))
}
