// Run by `helm test` with a token of the Kubernetes API: every service is ready, every autoscaler reads its metric.
import { readFileSync } from 'node:fs'

interface Condition {
  type: string
  status: string
  message?: string
}
interface Item {
  metadata: { name: string }
  spec: { replicas?: number }
  status: { readyReplicas?: number; conditions?: Condition[] }
}

const account = '/var/run/secrets/kubernetes.io/serviceaccount'
const namespace = readFileSync(`${account}/namespace`, 'utf8')
const patienceMs = Number(process.env.PATIENCE_MS)
const pauseMs = 2000

async function list(path: string): Promise<Item[]> {
  const url = `https://kubernetes.default.svc/apis/${path.replace('{namespace}', namespace)}?labelSelector=${encodeURIComponent(process.env.SELECTOR ?? '')}`
  const reply = await fetch(url, {
    headers: { authorization: `Bearer ${readFileSync(`${account}/token`, 'utf8')}` },
    signal: AbortSignal.timeout(10_000),
  })
  if (!reply.ok) throw new Error(`${url} answered ${reply.status}: ${await reply.text()}`)
  return ((await reply.json()) as { items: Item[] }).items
}

/** One sentence for each thing that is not as it should be. */
async function problems(): Promise<string[]> {
  const found: string[] = []
  const deployments = await list('apps/v1/namespaces/{namespace}/deployments')
  if (deployments.length === 0) found.push('no Deployment has the label that this release puts on its own')
  for (const { metadata, spec, status } of deployments) {
    const ready = status.readyReplicas ?? 0
    if (ready < (spec.replicas ?? 1)) found.push(`${metadata.name}: ${ready} of ${spec.replicas} replicas are ready`)
  }
  for (const { metadata, status } of await list('autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers')) {
    const active = status.conditions?.find(({ type }) => type === 'ScalingActive')
    if (active?.status !== 'True')
      found.push(`${metadata.name}: the autoscaler has no metric: ${active?.message ?? 'it has not looked yet'}`)
  }
  return found
}

let left = await problems()
// A new pod's first CPU reading takes metrics-server two of its rounds.
for (const endsAt = Date.now() + patienceMs; left.length > 0 && Date.now() < endsAt; left = await problems()) {
  console.log(left.join('\n'))
  await new Promise((resolve) => setTimeout(resolve, pauseMs))
}
if (left.length > 0) throw new Error(`after ${patienceMs} ms:\n${left.join('\n')}`)
console.log('Every service is ready and every autoscaler reads its metric.')
