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
  spec: {
    template: {
      spec: {
        initContainers: ContainerManifest[]
        containers: ContainerManifest[]
        nodeSelector?: Record<string, string>
        tolerations?: { key: string; operator: string; effect: string }[]
      }
    }
  }
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

const controlPlane = 'node-role.kubernetes.io/control-plane'

/** The Job on the control plane's node, where it outlives every worker. */
export function onControlPlane(job: LoadJob): LoadJob {
  const { spec } = job.spec.template
  spec.nodeSelector = { [controlPlane]: '' }
  spec.tolerations = [{ key: controlPlane, operator: 'Exists', effect: 'NoSchedule' }]
  return job
}

/**
 * k8s/load-job.yaml with its images and the profile filled in.
 * @param flags of tools/load, put behind those of the file
 */
export async function loadJobManifest(flags: string[], images: { registry: string | undefined; tag: string }): Promise<LoadJob> {
  return fillIn(parse(await readFile(new URL(file, root), 'utf8')) as LoadJob, flags, images)
}

/** @throws Error when the file lost the containers `load` and `invariants` */
export function fillIn(job: LoadJob, flags: string[], { registry, tag }: { registry: string | undefined; tag: string }): LoadJob {
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
