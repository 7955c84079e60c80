import { requireTools, run } from './command.ts'
import { buildImage, imageSize, megabytes, repository } from './images.ts'
import type { Revision } from './revision.ts'

export interface ImageOptions {
  names: string[]
  registry: string | undefined
  push: boolean
  revision: Revision
}

/**
 * Builds images one after another, since they share most layers, and pushes them where asked.
 * @returns their references
 */
export async function makeImages({ names, registry, push, revision }: ImageOptions, note: (text: string) => void): Promise<string[]> {
  await requireTools(['docker'])
  const references: string[] = []
  for (const [index, name] of names.entries()) {
    const image = repository(name, registry)
    const reference = `${image}:${revision.tag}`
    const startedAtMs = Date.now()
    note(`[${index + 1}/${names.length}] ${reference}`)
    const how = await buildImage(name, image, revision)
    const { totalBytes, ownBytes } = await imageSize(reference)
    const took = how === 'built' ? `built in ${Math.round((Date.now() - startedAtMs) / 1000)} s` : 'there already'
    note(`      ${megabytes(ownBytes)} on top of Node (${megabytes(totalBytes)} in all), ${took}`)
    if (push) await run('docker', ['push', reference])
    references.push(reference)
  }
  if (push) note(`pushed ${references.length} images`)
  return references
}
