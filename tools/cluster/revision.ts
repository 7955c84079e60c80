import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { root, run } from './command.ts'
import { ClusterError } from './errors.ts'

/** What can get into an image; a change anywhere else leaves the images as they are. */
const inputs = ['Dockerfile', '.dockerignore', '.npmrc', 'package.json', 'package-lock.json', 'kit', 'services', 'tools']
/** Programs of the machine that builds, tests and documents. */
const outside = ['tools/cluster', 'tools/local', '**/test/**', '**/*.md']
const pathspec = [...inputs, ...outside.map((glob) => `:(exclude,glob)${glob}${glob.includes('*') ? '' : '/**'}`)]

/** Which sources an image was built from. */
export interface Revision {
  /** Short commit, and `-dirty-<hash>` of the differences where the checkout differs from it. Names the contents, so it is the tag. */
  tag: string
  /** Full commit. */
  commit: string
}

/**
 * The revision of the checkout.
 * @throws ClusterError outside a git checkout
 */
export async function revision(): Promise<Revision> {
  const commit = await run('git', ['rev-parse', 'HEAD']).catch((error: Error) => {
    throw new ClusterError(
      `The images are tagged with the git revision, and there is none: ${error.message}\nWork in a git checkout, or name the tag with --tag.`,
    )
  })
  const tracked = await run('git', ['diff', 'HEAD', '--binary', '--', ...pathspec])
  const untracked = (await run('git', ['ls-files', '-z', '--others', '--exclude-standard', '--', ...pathspec])).split('\0').filter(Boolean)
  const files = await Promise.all(untracked.map(async (path) => ({ path, contents: await readFile(new URL(path, root)) })))
  return { tag: tagOf(commit, tracked, files), commit: commit.trim() }
}

/** The tag for a commit and what the checkout has on top of it. */
export function tagOf(commit: string, diff: string, untracked: { path: string; contents: Uint8Array | string }[]): string {
  const short = commit.trim().slice(0, 12)
  if (diff === '' && untracked.length === 0) return short
  const hash = createHash('sha256').update(diff)
  for (const { path, contents } of untracked) hash.update(`\0${path}\0`).update(contents)
  return `${short}-dirty-${hash.digest('hex').slice(0, 8)}`
}
