import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { root, run } from './command.ts'
import { ClusterError } from './errors.ts'
import type { Profile } from './target.ts'

/** Makes the kind cluster unless it is there, and gives its kubeconfig context. */
export async function ensureKind(profile: Profile, note: (text: string) => void): Promise<string> {
  const config = `k8s/${profile}.yaml`
  const name = await kindName()
  const clusters = (await run('kind', ['get', 'clusters'])).split('\n')
  if (!clusters.includes(name)) {
    note(`creating the kind cluster ${name} (about a minute)`)
    await run('kind', ['create', 'cluster', '--config', config, '--wait', '120s']).catch((error: Error) => {
      const taken = /port is already allocated|address already in use/.test(error.message)
      throw new ClusterError(taken ? `${error.message}\nA port of ${config} is in use: free it, or change its hostPort.` : error.message)
    })
  }
  await run('kind', ['export', 'kubeconfig', '--name', name])
  return `kind-${name}`
}

/** The name of the cluster, which its configurations share. */
export async function kindName(): Promise<string> {
  return (parse(await readFile(new URL('k8s/kind.yaml', root), 'utf8')) as { name: string }).name
}

/** Puts images into every node of the kind cluster; those that are there already cost nothing. */
export async function loadImages(references: string[]): Promise<void> {
  await run('kind', ['load', 'docker-image', '--name', await kindName(), ...references])
}
