import { type RunOptions, run } from './command.ts'

/** Where the on-sale is: a cluster by kubeconfig context, a namespace, and the Helm release's name. */
export interface Target {
  /** Undefined for the context that kubectl uses anyway. */
  context: string | undefined
  namespace: string
}

/** One replica of each service, or two on different nodes. */
export type Profile = 'kind' | 'kind-ha'

export const release = 'headroom'
export const chart = 'charts/headroom'

/** kubectl on the target's cluster and namespace. */
export async function kubectl(target: Target, args: string[], options?: RunOptions): Promise<string> {
  return await run('kubectl', [...kubectlFlags(target), ...args], options)
}

/** helm on the target's cluster and namespace. */
export async function helm({ context, namespace }: Target, args: string[], options?: RunOptions): Promise<string> {
  return await run('helm', [...(context ? ['--kube-context', context] : []), '--namespace', namespace, ...args], options)
}

export function kubectlFlags({ context, namespace }: Target): string[] {
  return [...(context ? ['--context', context] : []), '--namespace', namespace]
}

/** The files of values for a profile; kind-ha adds to kind. */
export function valuesFiles(profile: Profile): string[] {
  return profile === 'kind' ? [`${chart}/values-kind.yaml`] : [`${chart}/values-kind.yaml`, `${chart}/values-kind-ha.yaml`]
}
