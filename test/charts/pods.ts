import type { V1PodSpec } from '@kubernetes/client-node'
import type { KubeObject } from './render.ts'

/** A pod as some object would make it. */
export interface PodTemplate {
  where: string
  labels: Record<string, string>
  spec: V1PodSpec
}

/** Every pod that the objects would make: of Deployments, StatefulSets and Jobs, and bare ones. */
export function podsOf(objects: KubeObject[]): PodTemplate[] {
  return objects.flatMap((object) => {
    const where = `${object.kind} ${object.metadata.name}`
    if (object.kind === 'Pod') return [{ where, labels: object.metadata.labels ?? {}, spec: object.spec }]
    const template = object.spec?.template
    return template?.spec?.containers ? [{ where, labels: template.metadata.labels, spec: template.spec }] : []
  })
}

/**
 * What the Pod Security level "restricted" refuses, and what this project asks beyond it.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export function insecurities({ where, spec }: PodTemplate): string[] {
  const found: string[] = []
  const must = (holds: boolean, sentence: string) => {
    if (!holds) found.push(`${where}: ${sentence}`)
  }
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC'] as const) must(!spec[field], `${field} is set`)
  must(spec.securityContext?.runAsNonRoot === true, 'runAsNonRoot is not true')
  must(Number(spec.securityContext?.runAsUser) > 0, 'runAsUser is not a user other than root')
  must(spec.securityContext?.seccompProfile?.type === 'RuntimeDefault', 'seccompProfile is not RuntimeDefault')
  const volumes = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret']
  for (const { name, ...source } of spec.volumes ?? [])
    must(
      Object.keys(source).every((type) => volumes.includes(type)),
      `volume ${name} is of a refused type`,
    )
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    const { name, securityContext: own, ports = [], resources } = container
    must(own?.allowPrivilegeEscalation === false, `${name}: allowPrivilegeEscalation is not false`)
    must(own?.privileged !== true, `${name} is privileged`)
    must(JSON.stringify(own?.capabilities) === '{"drop":["ALL"]}', `${name}: capabilities other than drop ALL`)
    must(own?.readOnlyRootFilesystem === true, `${name}: the root file system is writable`)
    must(
      ports.every(({ hostPort }) => hostPort === undefined),
      `${name}: a port of the host`,
    )
    must(Boolean(resources?.requests?.cpu && resources.requests.memory), `${name}: no requests`)
    must(Boolean(resources?.limits?.memory), `${name}: no memory limit`)
  }
  return found
}

/** Variables that a container sets twice, its ConfigMaps included. */
export function duplicateVariables(objects: KubeObject[], { where, spec }: PodTemplate): string[] {
  return [...(spec.initContainers ?? []), ...spec.containers].flatMap((container) => {
    const names = (container.env ?? []).map(({ name }) => name)
    for (const { configMapRef } of container.envFrom ?? []) {
      const map = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === configMapRef?.name)
      names.push(...Object.keys(map?.data ?? {}))
    }
    return names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${where}: ${container.name} gets ${name} twice`)
  })
}
