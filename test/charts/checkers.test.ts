import type { V1Container, V1PodSpec } from '@kubernetes/client-node'
import t from 'tap'
import { unknownFields } from './kubernetes-model.ts'
import { duplicateVariables, insecurities, podsOf } from './pods.ts'
import { find, type KubeObject, service, withHelm } from './render.ts'

// The other tests trust these checkers: each must find a planted fault.

t.test('the model finds fields that Kubernetes would drop', withHelm, async (t) => {
  const plant = async (change: (deployment: KubeObject) => void) => {
    const deployment = find(await service(), 'Deployment')
    change(deployment)
    return unknownFields(deployment)
  }
  t.strictSame(await plant(() => {}), [])
  t.match(await plant(({ spec }) => (spec.replica = 2)), ['Deployment headroom-orders: .spec.replica is unknown to V1DeploymentSpec'])
  t.match(await plant(({ spec }) => (spec.template.spec.containers[0].port = [])), [/containers\[0\]\.port is unknown to V1Container/])
  t.match(await plant(({ spec }) => (spec.template.metadata.labels.a = 1)), [/labels\.a must be a string/])
  t.match(await plant(({ spec }) => (spec.replicas = '2')), [/\.spec\.replicas must be a number/])
  t.match(await plant(({ spec }) => (spec.template.spec.containers = {})), [/containers is no list/])
  t.match(await plant(({ spec }) => (spec.selector.matchLabels = null)), [/matchLabels is null/])
  t.match(await plant((deployment) => (deployment.kind = 'Deployments')), [/no V1Deployments/])
})

t.test('the pod check finds what the level "restricted" refuses', withHelm, async (t) => {
  const plant = async (change: (spec: V1PodSpec, container: V1Container) => void) => {
    const [pod] = podsOf([find(await service(), 'Deployment')])
    const container = pod?.spec.containers[0]
    if (!pod || !container) throw new Error('a Deployment makes pods')
    change(pod.spec, container)
    return insecurities(pod)
  }
  t.strictSame(await plant(() => {}), [])
  t.match(await plant((spec) => (spec.hostNetwork = true)), [/hostNetwork/])
  t.match(await plant((spec) => Object.assign(spec.securityContext ?? {}, { runAsNonRoot: false })), [/runAsNonRoot/])
  t.match(await plant((spec) => Object.assign(spec.securityContext ?? {}, { runAsUser: 0 })), [/runAsUser/])
  t.match(await plant((spec) => delete spec.securityContext?.seccompProfile), [/seccompProfile/])
  t.match(await plant((spec) => (spec.volumes = [{ name: 'host', hostPath: { path: '/' } }])), [/volume host/])
  t.match(await plant((_, container) => Object.assign(container.securityContext ?? {}, { privileged: true })), [/privileged/])
  t.match(await plant((_, container) => Object.assign(container.securityContext?.capabilities ?? {}, { add: ['NET_ADMIN'] })), [
    /capabilities/,
  ])
  t.match(await plant((_, container) => delete container.securityContext?.readOnlyRootFilesystem), [/writable/])
  t.match(await plant((_, container) => delete container.resources?.requests), [/no requests/])
})

t.test('a variable set by the ConfigMap and by the container is found', withHelm, async (t) => {
  const objects = await service()
  const [pod] = podsOf([find(objects, 'Deployment')])
  if (!pod) throw new Error('a Deployment makes pods')
  pod.spec.containers[0]?.env?.push({ name: 'PORT', value: '1' })
  t.match(duplicateVariables(objects, pod), [/app gets PORT twice/])
})
