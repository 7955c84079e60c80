import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { ended, start } from './command.ts'
import { ClusterError } from './errors.ts'
import type { KubeApi } from './kube-api.ts'
import type { ContainerStatus, Pod } from './kube-types.ts'
import { podObstacle } from './obstacles.ts'
import { withLog } from './rollout.ts'
import { kubectl, kubectlFlags, type Target } from './target.ts'

const pollMs = 1000
const startWithinMs = 120_000

/** A Job's manifest, as far as it is written here. */
export interface JobManifest {
  metadata: { name: string }
}

/** Removes what an earlier run left of the Job, and makes it anew. */
export async function startJob(target: Target, manifest: JobManifest): Promise<void> {
  await kubectl(target, ['delete', 'job', manifest.metadata.name, '--ignore-not-found', '--wait', '--cascade=foreground'])
  await kubectl(target, ['apply', '--filename', '-'], { input: JSON.stringify(manifest) })
}

/**
 * Follows the output of one container of a Job's pod line by line until the container ends.
 * A broken connection is taken up again from the last line's time, so a line can come twice.
 * @returns the exit code
 * @throws ClusterError when the pod cannot start
 */
export async function followContainer(
  target: Target,
  api: KubeApi,
  job: string,
  container: string,
  onLine: (line: string) => void,
): Promise<number> {
  let { pod, status } = await started(target, api, job, container)
  let since: string[] = []
  for (;;) {
    const child = start('kubectl', [...kubectlFlags(target), 'logs', '--follow', pod, '--container', container, ...since], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      onLine(line)
      since = [`--since-time=${new Date().toISOString()}`]
    }
    await ended('kubectl', child)
    ;({ pod, status } = await started(target, api, job, container))
    const code = status.state?.terminated?.exitCode
    if (code !== undefined) return code
    await delay(pollMs)
  }
}

/** The pod and the container once that one runs or has ended. */
async function started(target: Target, api: KubeApi, job: string, container: string): Promise<{ pod: string; status: ContainerStatus }> {
  const untilMs = Date.now() + startWithinMs
  for (;;) {
    const pods = await api.list<Pod>('v1', 'pods', `job-name=${job}`)
    for (const { metadata, status } of pods) {
      const found = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].find(({ name }) => name === container)
      if (found?.state?.running || found?.state?.terminated) return { pod: metadata.name, status: found }
    }
    const late = Date.now() > untilMs
    const obstacle = podObstacle(pods)
    if (obstacle && late) throw await withLog(target, obstacle)
    if (late)
      throw new ClusterError(
        `Container ${container} of job ${job} did not start within ${startWithinMs / 1000} s: \`kubectl -n ${target.namespace} describe pod -l job-name=${job}\` says why.`,
      )
    await delay(pollMs)
  }
}

/**
 * Runs a Job of one container to its end.
 * @returns its output
 * @throws ClusterError when it fails
 */
export async function runJob(target: Target, api: KubeApi, manifest: JobManifest, container: string): Promise<string> {
  const { name } = manifest.metadata
  await startJob(target, manifest)
  const lines: string[] = []
  const code = await followContainer(target, api, name, container, (line) => lines.push(line))
  if (code !== 0) throw new ClusterError(`job ${name} failed (exit code ${code}):\n${lines.slice(-10).join('\n')}`)
  return lines.join('\n')
}
