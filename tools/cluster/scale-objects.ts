import { repository } from './images.ts'
import type { JobManifest } from './jobs.ts'

/** Enough that no replica is ever idle, however the connections happen to fall. */
const connectionsPerReplica = 8
const warmUpS = 8

/** Values of charts/service for the workload: a fixed number of replicas under a CPU limit. */
export function workValues(options: { replicas: number; registry: string | undefined; tag: string; limitMillicores: number }) {
  const { replicas, registry, tag, limitMillicores } = options
  return {
    name: 'counted-work',
    image: { repository: repository('counted-work', registry), tag },
    autoscaling: { enabled: false },
    replicas,
    resources: { requests: { cpu: `${limitMillicores}m`, memory: '72Mi' }, limits: { cpu: `${limitMillicores}m`, memory: '192Mi' } },
    peers: { calledBy: ['counted-work-drive'] },
    metrics: { scrape: 'none' },
  }
}

/** A Job of closed-loop load on the workload, from inside the cluster: through a port-forward all of it would reach one pod. */
export function driveJob(options: { replicas: number; registry: string | undefined; tag: string; seconds: number }): JobManifest {
  const { replicas, registry, tag, seconds } = options
  const flags = { url: 'http://counted-work:3000', connections: replicas * connectionsPerReplica, 'warm-up': warmUpS, seconds }
  const container = {
    name: 'drive',
    image: `${repository('counted-work', registry)}:${tag}`,
    args: ['tools/counted-work/drive.ts', ...Object.entries(flags).map(([key, value]) => `--${key}=${value}`)],
    resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '1', memory: '256Mi' } },
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
  }
  const pod = {
    metadata: { labels: { 'app.kubernetes.io/name': 'counted-work-drive' } },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [container],
    },
  }
  const manifest = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'counted-work-drive' },
    spec: { backoffLimit: 0, template: pod },
  }
  return manifest
}
