import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { root } from './command.ts'
import { repository } from './images.ts'
import type { JobManifest } from './jobs.ts'

export const surgeJob = 'headroom-load'
const file = 'k8s/load-job.yaml'

export interface SurgeOptions {
  /** Requests per second while calm, and how many times that in the surge. */
  rate: number
  factor: number
  calmS: number
  surgeS: number
  afterS: number
}

interface ContainerManifest {
  name: string
  image: string
  args: string[]
}

interface LoadJob extends JobManifest {
  spec: { template: { spec: { initContainers: ContainerManifest[]; containers: ContainerManifest[] } } }
}

/** The load generator's flags for a surge. */
export function surgeFlags({ rate, factor, calmS, surgeS, afterS }: SurgeOptions): string[] {
  return [
    '--profile',
    'surge',
    '--rate',
    String(rate),
    '--factor',
    String(factor),
    '--calm',
    `${calmS}s`,
    '--surge',
    `${surgeS}s`,
    '--after',
    `${afterS}s`,
  ]
}

/**
 * k8s/load-job.yaml with its images and the profile filled in.
 * @param flags of tools/load, put behind those of the file
 */
export async function loadJobManifest(flags: string[], images: { registry: string | undefined; tag: string }): Promise<JobManifest> {
  return fillIn(parse(await readFile(new URL(file, root), 'utf8')) as LoadJob, flags, images)
}

/** @throws Error when the file lost the containers `load` and `invariants` */
export function fillIn(job: LoadJob, flags: string[], { registry, tag }: { registry: string | undefined; tag: string }): JobManifest {
  const { initContainers, containers } = job.spec.template.spec
  const find = (name: string) => {
    const found = [...initContainers, ...containers].find((container) => container.name === name)
    if (!found) throw new Error(`${file} has no container ${name}`)
    return found
  }
  for (const name of ['load', 'invariants']) find(name).image = `${repository(name, registry)}:${tag}`
  find('load').args.push(...flags)
  return job
}
