import { setTimeout as delay } from 'node:timers/promises'
import { run, succeeds } from './command.ts'
import type { KubeApi } from './kube-api.ts'
import type { Node } from './kube-types.ts'
import { isTrue } from './obstacles.ts'
import { kubectl } from './target.ts'
import { until } from './until.ts'
import type { OnSale } from './up.ts'

/** How long a node's kernel remembers a connection that nobody has answered; 120 s unless told otherwise. */
const unansweredS = 10
/** And how long whoever still waits for a lost node's pods may take to give up. */
const timeoutsS = 2
/** A node says that it is ready before the others' routes to it are. */
const settleMs = 20_000

/**
 * Has the nodes forget unanswered connections sooner. A connection to a Service keeps the pod that was chosen for its first packet for as long
 * as the kernel remembers it, and a later one from the same port is taken for it: it goes to a pod of a lost node long after kube-proxy has
 * taken that pod off its list.
 * @see https://docs.kernel.org/networking/nf_conntrack-sysctl.html nf_conntrack_tcp_timeout_syn_sent
 */
export async function forgetUnanswered(nodes: string[]): Promise<void> {
  const set = `echo ${unansweredS} > /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_syn_sent`
  for (const node of nodes) await run('docker', ['exec', node, 'sh', '-c', set])
}

/** Resolves once Kubernetes calls the node lost and the other nodes have forgotten it. Not `docker stop`: nothing on the node may say goodbye. */
export async function powerCut({ api }: OnSale, node: string, note: (text: string) => void): Promise<void> {
  const cutAt = Date.now()
  await run('docker', ['kill', node])
  await until(`Kubernetes calls ${node} lost`, async () => !(await isReady(api, node)) || undefined)
  note(`Kubernetes calls ${node} lost after ${Math.round((Date.now() - cutAt) / 1000)} s`)
  await delay((unansweredS + timeoutsS) * 1000)
}

/** Resolves once the node takes pods again, reaches a Service and is reached by the other nodes. */
export async function powerOn(onSale: OnSale, node: string): Promise<void> {
  const { target, api } = onSale
  await run('docker', ['start', node])
  // It forgot the setting with all the rest.
  await forgetUnanswered([node])
  await kubectl(target, ['wait', '--for=condition=Ready', `node/${node}`, '--timeout=180s'])
  const { spec } = await api.get<{ spec: { clusterIP: string } }>(`/api/v1/namespaces/${target.namespace}/services/headroom-gateway`)
  const ask = ['exec', node, 'curl', '--silent', '--output', '/dev/null', '--max-time', '2', `http://${spec.clusterIP}:3000/hello`]
  await until(`${node} reaches a Service`, async () => (await succeeds('docker', ask)) || undefined)
  await delay(settleMs)
}

async function isReady(api: KubeApi, node: string): Promise<boolean> {
  return isTrue((await api.get<Node>(`/api/v1/nodes/${node}`)).status.conditions, 'Ready')
}
