import { requireTools } from './command.ts'
import { makeImages } from './image.ts'
import { chartServices, repository, toolImages } from './images.ts'
import { applyFile, ensureNamespace, installChart, waitForAutoscalers, waitForMetricsApi } from './install.ts'
import { ensureKind, loadImages } from './kind.ts'
import { KubeApi } from './kube-api.ts'
import { revision as readRevision } from './revision.ts'
import { waitForRollout } from './rollout.ts'
import type { Profile, Target } from './target.ts'

export interface UpOptions {
  /** A kind cluster, made if need be; otherwise the cluster of the kubeconfig's current context. */
  kind: boolean
  /** Where images are pushed to and pulled from; undefined in kind, which is handed them. */
  registry: string | undefined
  /** Images that exist, in place of building. */
  tag: string | undefined
  namespace: string
  profile: Profile
}

/** An installed on-sale. */
export interface OnSale {
  target: Target
  api: KubeApi
  tag: string
  services: string[]
  registry: string | undefined
}

/** Cluster, images, metrics, the on-sale, and the wait until all of it is ready. The caller closes `api`. */
export async function bringUp(options: UpOptions, note: (text: string) => void): Promise<OnSale> {
  const { kind, registry, namespace, profile } = options
  await requireTools(kind ? ['docker', 'kind', 'kubectl', 'helm'] : ['kubectl', 'helm'])
  const services = await chartServices(profile)
  const context = kind ? await ensureKind(profile, note) : undefined
  const target: Target = { context, namespace }
  const tag = await provideImages(options, [...services, ...toolImages], note)
  const api = await KubeApi.open(target)
  try {
    if (kind) await applyFile(target, 'k8s/metrics-server.yaml')
    await ensureNamespace(target)
    if (kind) await applyFile(target, 'k8s/prometheus.yaml')
    note(`installing the on-sale, images ${tag}, profile ${profile}`)
    await installChart(target, { profile, tag, registry })
    await waitForRollout(target, api, note)
    await waitForMetricsApi(api, kind)
    await waitForAutoscalers(target, api, note)
    return { target, api, tag, services, registry }
  } catch (error) {
    api.close()
    throw error
  }
}

/** Builds what is missing and brings it to where the cluster looks. @returns the tag of the images */
async function provideImages({ kind, registry, tag }: UpOptions, names: string[], note: (text: string) => void): Promise<string> {
  if (tag === undefined) {
    const revision = await readRevision()
    const references = await makeImages({ names, registry, push: !kind, revision }, note)
    if (kind) await loadImages(references)
    return revision.tag
  }
  if (kind) await loadImages(names.map((name) => `${repository(name, registry)}:${tag}`))
  return tag
}
