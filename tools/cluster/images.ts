import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { readValues } from '@headroom/local/values'
import { root, run, succeeds } from './command.ts'
import { UsageError } from './errors.ts'
import type { Revision } from './revision.ts'

/** Images that are no part of the on-sale: what offers load, and what checks the promises afterwards. */
export const toolImages = ['load', 'invariants']

/** The services that the on-sale installs with a profile of values, by the names of their blocks. */
export async function chartServices(profile: string): Promise<string[]> {
  return (await readValues(new URL('charts/', root), profile)).map(({ service }) => service)
}

/**
 * Which images are meant: the given ones, or every service's and the tools' that run in a cluster.
 * @throws UsageError for a name that is no folder with a main.ts
 */
export async function imageNames(given: string[]): Promise<string[]> {
  const isProgram = (path: string) => existsSync(new URL(`${path}/main.ts`, root))
  const folders = (await readdir(new URL('services/', root))).filter((name) => isProgram(`services/${name}`)).sort()
  const all = [...folders, ...toolImages]
  const unknown = given.find((name) => !isProgram(`services/${name}`) && !isProgram(`tools/${name}`))
  if (unknown !== undefined)
    throw new UsageError(
      `${unknown} is no image: there is no services/${unknown}/main.ts and no tools/${unknown}/main.ts. Images: ${all.join(', ')}.`,
    )
  return given.length > 0 ? given : all
}

/** `headroom/orders`, or under a registry `registry.example/team/headroom/orders`: as the chart puts `global.image.registry` before it. */
export function repository(name: string, registry: string | undefined): string {
  return `${registry ? `${registry.replace(/\/$/, '')}/` : ''}headroom/${name}`
}

/** Sizes of an image in bytes: all of it, and what it has on top of the base and Node, which all images share. */
export interface ImageSize {
  totalBytes: number
  ownBytes: number
}

/** Builds one image; one that exists is kept, since its tag names its contents. */
export async function buildImage(name: string, image: string, { tag, commit }: Revision): Promise<'built' | 'kept'> {
  if (await succeeds('docker', ['image', 'inspect', `${image}:${tag}`])) return 'kept'
  const { version } = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as { version: string }
  const labels = { SERVICE: name, VERSION: version, REVISION: commit }
  const args = Object.entries(labels).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`])
  await run('docker', ['build', ...args, '--tag', `${image}:${tag}`, '.'])
  return 'built'
}

/** Reads an image's sizes from its history. */
export async function imageSize(reference: string): Promise<ImageSize> {
  return sizeOf(await run('docker', ['history', '--no-trunc', '--human=false', '--format', '{{.Size}}\t{{.CreatedBy}}', reference]))
}

/**
 * Sizes from `docker history`, newest layer first: an image's own layers are those above the one that copies Node in.
 * @throws Error when no such layer is found, since everything would then count as the image's own
 */
export function sizeOf(history: string): ImageSize {
  const layers = history
    .trim()
    .split('\n')
    .map((line) => ({ bytes: Number(line.split('\t')[0]), createdBy: line.slice(line.indexOf('\t') + 1) }))
  const node = layers.findIndex(({ createdBy }) => /^COPY \/node \//.test(createdBy))
  if (node < 0) throw new Error('no layer copies /node: the Dockerfile has changed, and with it what counts as the Node layers')
  const sum = (some: typeof layers) => some.reduce((total, { bytes }) => total + bytes, 0)
  return { totalBytes: sum(layers), ownBytes: sum(layers.slice(0, node)) }
}

/** Bytes as megabytes of 10^6, as docker shows them. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
