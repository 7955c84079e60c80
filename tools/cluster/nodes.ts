import { setTimeout as delay } from 'node:timers/promises'
import { type Verdict, verdictText } from '@headroom/report/verdict'
import { run } from './command.ts'
import { ClusterError } from './errors.ts'
import type { Node, Pod, Workload } from './kube-types.ts'
import { nodesVerdicts, workersOf } from './nodes-figures.ts'
import { Phases } from './nodes-phases.ts'
import { forgetUnanswered, powerCut, powerOn } from './power.ts'
import { waitForRollout } from './rollout.ts'
import { Surge } from './surge.ts'
import { kubectl } from './target.ts'
import type { OnSale } from './up.ts'

/** tools/load runs for an hour at most; all of this takes about a quarter of that. */
const loadFor = '3600s'
const instance = 'app.kubernetes.io/instance=headroom'

const nothingFails = {}
/** Half of all requests: three quarters of them read events. */
const degraded = { okShareMin: 0.5 }

export interface Rehearsal {
  /** Requests per second. */
  ratePerS: number
  /** Deletes one pod of each service instead of every one, and waits for less. */
  quick: boolean
}

/**
 * Takes nodes and pods away from an installed on-sale of profile kind-ha, under load from the control plane's node: first as an
 * administrator does, without a failed request, then as a power cut does.
 * @returns the verdicts
 * @throws ClusterError when the cluster has not the two workers of k8s/kind-ha.yaml
 */
export async function rehearseNodes(onSale: OnSale, { ratePerS, quick }: Rehearsal, note: (text: string) => void): Promise<Verdict[]> {
  const { target, api, registry, tag } = onSale
  const { nodes, other, withPostgres } = await workers(onSale)
  const surge = new Surge(target, api)
  const phases = new Phases(note)
  const steadyMs = quick ? 10_000 : 30_000
  const awayMs = quick ? 40_000 : 75_000
  await forgetUnanswered(nodes)
  await surge.start(['--profile', 'steady', '--rate', String(ratePerS), '--duration', loadFor], { registry, tag }, 'control-plane')
  const load = surge.load(phases)
  // Whoever awaits it comes later.
  load.catch(() => {})
  try {
    await phases.loadBegun(load)
    await phases.during('steady', nothingFails, () => delay(steadyMs))
    await phases.during(`drain ${other}`, nothingFails, () => drain(onSale, other, note))
    const deleted = quick ? 'a pod of each service' : 'every pod'
    await phases.during(`delete ${deleted}, one after another`, nothingFails, () => deletePods(onSale, quick ? 1 : Infinity, note))
    // It also brings pods back to the node that was drained.
    await phases.during('roll every service', nothingFails, () => roll(onSale, note))
    await phases.during(`${other} without power`, undefined, () => powerCut(onSale, other, note))
    await phases.during(`${other} is lost`, nothingFails, () => delay(awayMs))
    await phases.during(`${other} is back`, undefined, () => back(onSale, other, note))
    await phases.during('spread over both again', nothingFails, () => spread(onSale, note))
    await phases.during(`${withPostgres} without power`, undefined, () => powerCut(onSale, withPostgres, note))
    await phases.during(`${withPostgres} is lost`, degraded, () => delay(awayMs))
    await phases.during(`${withPostgres} is back`, undefined, () => back(onSale, withPostgres, note))
    await phases.during('afterwards', nothingFails, () => delay(steadyMs))
    await surge.endEarly()
    await load
    note('checking the invariants')
    const verdicts = nodesVerdicts(phases.all, await surge.invariants(note))
    note(verdictText(verdicts))
    return verdicts
  } finally {
    // A node that stays stopped would break the cluster for whoever comes next; starting one that runs does nothing.
    for (const node of [other, withPostgres]) await run('docker', ['start', node])
    await kubectl(target, ['uncordon', other])
    await surge.remove()
  }
}

async function workers({ api }: OnSale): Promise<{ nodes: string[]; other: string; withPostgres: string }> {
  const nodes = (await api.get<{ items: Node[] }>('/api/v1/nodes')).items
  const { withPostgres, others } = workersOf(nodes, await api.list<Pod>('v1', 'pods'))
  const [holder, other] = [withPostgres[0], others[0]]
  if (holder === undefined || other === undefined)
    throw new ClusterError('nodes needs the two workers of k8s/kind-ha.yaml: `make down` removes the cluster that is there.')
  return { nodes: nodes.map(({ metadata }) => metadata.name), withPostgres: holder, other }
}

/** As before an upgrade of the node: its pods are evicted as their disruption budgets allow. */
async function drain({ target, api }: OnSale, node: string, note: (text: string) => void): Promise<void> {
  await kubectl(target, ['drain', node, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=300s'])
  await waitForRollout(target, api, note)
  await kubectl(target, ['uncordon', node])
}

async function deletePods({ target, api }: OnSale, ofEach: number, note: (text: string) => void): Promise<void> {
  const deployments = await api.list<Workload>('apps/v1', 'deployments', instance)
  for (const { metadata, spec } of deployments) {
    // One replica cannot be deleted without its clients noticing, and nobody orders through it.
    if ((spec.replicas ?? 1) < 2) continue
    const selector = `app.kubernetes.io/name=${metadata.name}`
    for (const pod of (await api.list<Pod>('v1', 'pods', selector)).slice(0, ofEach)) {
      await kubectl(target, ['delete', 'pod', pod.metadata.name, '--ignore-not-found', '--wait=true'])
      await waitForRollout(target, api, note)
    }
  }
}

async function roll({ target, api }: OnSale, note: (text: string) => void): Promise<void> {
  for (const { metadata } of await api.list<Workload>('apps/v1', 'deployments', instance)) {
    await kubectl(target, ['rollout', 'restart', `deployment/${metadata.name}`])
    await waitForRollout(target, api, note)
  }
}

/** New pods, all at once: those that are there would stay on the one node. */
async function spread({ target, api }: OnSale, note: (text: string) => void): Promise<void> {
  await kubectl(target, ['rollout', 'restart', 'deployment', '--selector', instance])
  await waitForRollout(target, api, note)
}

async function back(onSale: OnSale, node: string, note: (text: string) => void): Promise<void> {
  await powerOn(onSale, node)
  await waitForRollout(onSale.target, onSale.api, note)
}
