import type { DriveResult } from '@headroom/counted-work/drive'
import { type Verdict, verdictText } from '@headroom/report/verdict'
import { requireTools } from './command.ts'
import { makeImages } from './image.ts'
import { ensureNamespace } from './install.ts'
import { runJob } from './jobs.ts'
import { ensureKind, loadImages } from './kind.ts'
import { KubeApi } from './kube-api.ts'
import { revision as readRevision } from './revision.ts'
import { waitForRollout } from './rollout.ts'
import { type Measured, scaleLine, scaleVerdicts } from './scale-figures.ts'
import { driveJob, workValues } from './scale-objects.ts'
import { helm, kubectl, type Target } from './target.ts'

/** Everything of the measurement is in a namespace of its own, which goes with it. */
const namespace = 'headroom-scale'
const replicas = [1, 2, 4, 6]
export const limitMillicores = 100

export interface ScaleOptions {
  registry: string | undefined
  tag: string | undefined
  seconds: number
}

/** Measures good answers per second of counted work at 1, 2, 4 and 6 replicas. @returns the verdicts */
export async function measureScale({ registry, tag, seconds }: ScaleOptions, note: (text: string) => void): Promise<Verdict[]> {
  const kind = registry === undefined
  await requireTools(kind ? ['docker', 'kind', 'kubectl', 'helm'] : ['kubectl', 'helm'])
  const context = kind ? await ensureKind('kind', note) : undefined
  const target: Target = { context, namespace }
  const revision = await readRevision()
  const references = tag ? [] : await makeImages({ names: ['counted-work'], registry, push: !kind, revision }, note)
  if (kind && references.length > 0) await loadImages(references)
  await ensureNamespace(target)
  const api = await KubeApi.open(target)
  try {
    const measured: Measured[] = []
    for (const count of replicas) {
      const result = await measure(target, api, { count, seconds, registry, tag: tag ?? revision.tag }, note)
      measured.push({ replicas: count, ...result })
      note(scaleLine({ replicas: count, ...result }, measured[0], limitMillicores))
    }
    const verdicts = scaleVerdicts(measured, limitMillicores)
    note(verdictText(verdicts))
    return verdicts
  } finally {
    api.close()
    await kubectl(target, ['delete', 'namespace', namespace, '--wait=false'])
  }
}

async function measure(
  target: Target,
  api: KubeApi,
  { count, seconds, registry, tag }: { count: number; seconds: number; registry: string | undefined; tag: string },
  note: (text: string) => void,
): Promise<DriveResult> {
  const input = JSON.stringify(workValues({ replicas: count, registry, tag, limitMillicores }))
  await helm(target, ['upgrade', '--install', 'counted-work', 'charts/service', '--values', '-'], { input })
  await waitForRollout(target, api, note)
  return JSON.parse(await runJob(target, api, driveJob({ replicas: count, registry, tag, seconds }), 'drive')) as DriveResult
}
