import t from 'tap'
import { parse } from 'yaml'
import { sound } from './objects.ts'
import { find, kinds, render, withHelm } from './render.ts'

// What the README of charts/service promises: a container that is not built from kit, in ten lines.
const values = `
name: greeter
image:
  repository: registry.example/greeter
  tag: "2.0"
env:
  DRAIN_DELAY_MS: "3000"
  SHUTDOWN_TIMEOUT_MS: "10000"
resources: {requests: {cpu: 100m}, limits: {cpu: 500m}}
networkPolicy: {public: true}
test: {path: ""}
`

t.test("a stranger's container installs with ten lines of values", withHelm, async (t) => {
  t.ok(values.trim().split('\n').length <= 10)
  const objects = await render({ chart: 'charts/service', release: 'greeter', values: parse(values) })
  sound(t, objects, 'greeter')
  t.strictSame(kinds(objects), [
    'ConfigMap',
    'Deployment',
    'HorizontalPodAutoscaler',
    'NetworkPolicy',
    'PodDisruptionBudget',
    'Service',
    'ServiceAccount',
  ])
  t.notMatch(JSON.stringify(objects), /\bnode\b|headroom|\.ts\b/, 'nothing assumes Node or this project')
  t.equal(find(objects, 'Deployment').spec.template.spec.containers[0].image, 'registry.example/greeter:2.0')
})
