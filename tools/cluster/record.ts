import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { milliValue } from '@headroom/hpa/quantity'
import { type RecordingHeader, RecordingWriter, type ServiceHeader } from '@headroom/report/recording'
import { serviceOf } from './fleet.ts'
import type { KubeApi } from './kube-api.ts'
import type { Hpa, Workload } from './kube-types.ts'

/** What a run leaves beside the recording that replaces it. */
const results = ['summary.json', 'timeline.csv', 'report.html', 'report.json', 'report.csv']

export interface RecordedRun {
  /** The wall clock at the recording's beginning, in milliseconds. */
  startedAtMs: number
  /** Of the images: the revision they were built from. */
  tag: string
}

/**
 * Begins OUT/recording.ndjson with what the cluster says of the services, in place of what an earlier run left there.
 * @throws Error when the cluster cannot be read, the folder cannot be written, or an autoscaler's spec is one the report cannot replay
 */
export async function openRecording(api: KubeApi, services: string[], out: string, run: RecordedRun): Promise<RecordingWriter> {
  const [deployments, hpas, { gitVersion }] = await Promise.all([
    api.list<Workload>('apps/v1', 'deployments'),
    api.list<Hpa>('autoscaling/v2', 'horizontalpodautoscalers'),
    api.get<{ gitVersion: string }>('/version'),
  ])
  const header: RecordingHeader = {
    engine: 'kubernetes',
    startedAt: new Date(run.startedAtMs).toISOString(),
    speed: 1,
    versions: { headroom: run.tag, kubernetes: gitVersion },
    services: serviceHeaders(deployments, hpas, services),
  }
  await mkdir(out, { recursive: true })
  const recording = await RecordingWriter.open(join(out, 'recording.ndjson'), header)
  await Promise.all(results.map((name) => rm(join(out, name), { force: true })))
  return recording
}

/** The numbers of every service of the on-sale that is there: resources as its Deployment asks, sizes and spec as its autoscaler has them. */
export function serviceHeaders(deployments: Workload[], hpas: Hpa[], services: string[]): Record<string, ServiceHeader> {
  const headers = services.flatMap((service): [string, ServiceHeader][] => {
    const deployment = deployments.find(({ metadata }) => serviceOf(metadata.name, services) === service)
    if (!deployment) return []
    const spec = hpas.find((hpa) => hpa.spec.scaleTargetRef.name === deployment.metadata.name)?.spec ?? null
    const fixed = deployment.spec.replicas ?? 1
    return [
      [
        service,
        {
          minReplicas: spec === null ? fixed : (spec.minReplicas ?? 1),
          maxReplicas: spec?.maxReplicas ?? fixed,
          cpuRequestMillicores: cpuOf(deployment, 'requests'),
          cpuLimitMillicores: cpuOf(deployment, 'limits'),
          spec: spec as ServiceHeader['spec'],
        },
      ],
    ]
  })
  return Object.fromEntries(headers)
}

/** Of all containers together; 0 is none. */
function cpuOf({ spec }: Workload, kind: 'requests' | 'limits'): number {
  return spec.template.spec.containers.reduce((sum, { resources }) => sum + milliValue(resources?.[kind]?.cpu ?? 0), 0)
}
