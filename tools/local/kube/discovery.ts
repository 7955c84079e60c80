/** What a client asks first: which groups, versions and resources there are. */
import { apiVersionOf, basePathOf, RESOURCES, type Resource } from './resources.ts'

/** Answers by path: /api, /apis, /version and one list per group version. */
export function discovery(): Map<string, object> {
  const groups = Map.groupBy(RESOURCES, apiVersionOf)
  const named = [...groups.keys()].filter((apiVersion) => apiVersion !== 'v1').map(groupOf)
  const answers = new Map<string, object>([
    ['/api', { kind: 'APIVersions', versions: ['v1'] }],
    ['/apis', { kind: 'APIGroupList', apiVersion: 'v1', groups: named }],
    ['/version', { major: '1', minor: '33', gitVersion: 'v1.33.0+headroom-local', platform: `${process.platform}/${process.arch}` }],
  ])
  for (const group of named) answers.set(`/apis/${group.name}`, { kind: 'APIGroup', apiVersion: 'v1', ...group })
  for (const [apiVersion, resources] of groups) {
    const list = { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersion, resources: resources.flatMap(described) }
    answers.set(basePathOf(resources[0] as Resource), list)
  }
  return answers
}

function groupOf(groupVersion: string) {
  const [name = '', version = ''] = groupVersion.split('/')
  return { name, versions: [{ groupVersion, version }], preferredVersion: { groupVersion, version } }
}

function described(resource: Resource): object[] {
  const { plural, singular, kind, verbs, shortNames, hasStatus, scale } = resource
  const subresourceVerbs = ['get', 'patch', 'update']
  const list: object[] = [
    { name: plural, singularName: singular, namespaced: true, kind, verbs, ...(shortNames.length > 0 && { shortNames }) },
  ]
  if (hasStatus) list.push({ name: `${plural}/status`, singularName: '', namespaced: true, kind, verbs: subresourceVerbs })
  if (scale !== undefined) {
    const { group, version } = scale
    list.push({ name: `${plural}/scale`, singularName: '', namespaced: true, group, version, kind: scale.kind, verbs: subresourceVerbs })
  }
  return list
}
