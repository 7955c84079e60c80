/** What each verb does to the store, without HTTP. */
import { validate } from '@headroom/hpa/validate'
import { ApiError, notFound } from './errors.ts'
import { mergePatch } from './merge-patch.ts'
import { apiVersionOf, type Resource, type Subresource } from './resources.ts'
import type { Store } from './store.ts'
import type { Hpa, KubeObject, Pod } from './types.ts'

const GRACE_PERIOD_SECONDS_DEFAULT = 30
// A DNS subdomain name; anything else could not be asked for by path.
const OBJECT_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/

export type Door = 'main' | 'status' | 'scale'

export interface Target {
  namespace: string
  name: string
}

/** The object as one door shows it. Throws an ApiError 404. */
export function read(store: Store, resource: Resource, target: Target, door: Door = 'main'): KubeObject {
  return shown(resource, stored(store, resource, target), door)
}

export function create(store: Store, resource: Resource, namespace: string, body: unknown): KubeObject {
  const object = checked(resource, namespace, named(body))
  return shown(resource, store.create(resource.stored, resource.read(object)), 'main')
}

export function replace(store: Store, resource: Resource, target: Target, body: unknown, door: Door): KubeObject {
  const before = stored(store, resource, target)
  if (door === 'scale') {
    const scale = checkedScale(target, body)
    return shown(resource, store.replace(resource.stored, scaleDoor(resource).write(scale, before)), door)
  }
  const object = checked(resource, target.namespace, body)
  if (object.metadata.name !== target.name) {
    throw new ApiError(
      400,
      'BadRequest',
      `the name of the object (${object.metadata.name}) does not match the name on the URL (${target.name})`,
    )
  }
  return shown(resource, store.replace(resource.stored, resource.read(object), resource.hasStatus ? door : 'all'), door)
}

export function patch(store: Store, resource: Resource, target: Target, body: unknown, door: Door): KubeObject {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new ApiError(400, 'BadRequest', 'a merge patch is an object')
  const before = read(store, resource, target, door)
  const { resourceVersion } = (body as { metadata?: { resourceVersion?: string } }).metadata ?? {}
  const patched = mergePatch(before, body) as KubeObject
  // Without a version of its own, a patch is meant for whatever is stored now.
  return replace(store, resource, target, { ...patched, metadata: { ...patched.metadata, resourceVersion } }, door)
}

/**
 * Deletes an object. A pod is only marked, since its process has to end first; whoever runs it removes it from the store,
 * at once only with a grace period of 0.
 */
export function remove(store: Store, resource: Resource, target: Target, gracePeriodSeconds: number | undefined): KubeObject {
  const object = stored(store, resource, target)
  if (resource.stored !== 'pods' || gracePeriodSeconds === 0) {
    return shown(resource, store.remove(resource.stored, target.namespace, target.name), 'main')
  }
  if (object.metadata.deletionTimestamp !== undefined) return object
  const seconds = gracePeriodSeconds ?? (object as Pod).spec.terminationGracePeriodSeconds ?? GRACE_PERIOD_SECONDS_DEFAULT
  return store.change('pods', target.namespace, target.name, ({ metadata }) => {
    metadata.deletionTimestamp = new Date(Date.now() + seconds * 1000).toISOString()
    metadata.deletionGracePeriodSeconds = seconds
  })
}

/** The object in the words of this resource's version. */
export function shown(resource: Resource, object: KubeObject, door: Door): KubeObject {
  if (door === 'scale') return scaleDoor(resource).read(object)
  return resource.show?.(object) ?? object
}

/** Only resources that can be scaled have the door's path. */
function scaleDoor({ scale, plural }: Resource): Subresource {
  if (scale === undefined) throw new ApiError(404, 'NotFound', `${plural} cannot be scaled`)
  return scale
}

function stored(store: Store, resource: Resource, { namespace, name }: Target): KubeObject {
  const object = store.get(resource.stored, namespace, name)
  if (object === undefined) throw notFound(resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`, name)
  return object
}

/** Gives an object its name where only a `generateName` came, as events do. */
function named(body: unknown): unknown {
  const { metadata } = (body ?? {}) as { metadata?: { name?: string; generateName?: string } }
  if (metadata === undefined || metadata.name || !metadata.generateName) return body
  const { generateName, ...rest } = metadata
  const suffix = Math.random().toString(36).slice(2, 7).padEnd(5, '0')
  return { ...(body as object), metadata: { ...rest, name: `${generateName}${suffix}` } }
}

function checked(resource: Resource, namespace: string, body: unknown): KubeObject {
  const object = body as Partial<KubeObject> | undefined
  const name = object?.metadata?.name
  if (typeof name !== 'string' || !OBJECT_NAME.test(name)) {
    throw new ApiError(422, 'Invalid', `${resource.kind} "${name}" is invalid: metadata.name must be a lowercase DNS subdomain name`)
  }
  const stated = object?.metadata?.namespace
  if (stated !== undefined && stated !== namespace) {
    throw new ApiError(400, 'BadRequest', `the namespace of the object (${stated}) does not match the namespace on the URL (${namespace})`)
  }
  const apiVersion = apiVersionOf(resource)
  if ((object?.apiVersion ?? apiVersion) !== apiVersion || (object?.kind ?? resource.kind) !== resource.kind) {
    throw new ApiError(400, 'BadRequest', `expected ${apiVersion} ${resource.kind}, got ${object?.apiVersion} ${object?.kind}`)
  }
  const complete = { ...object, apiVersion, kind: resource.kind, metadata: { ...object?.metadata, name, namespace } } as KubeObject
  if (resource.kind === 'HorizontalPodAutoscaler') checkHpa(complete as Hpa)
  return complete
}

function checkHpa({ metadata, spec }: Hpa): void {
  const problems = spec?.scaleTargetRef === undefined ? ['spec.scaleTargetRef is required'] : validate(spec)
  if (problems.length > 0)
    throw new ApiError(422, 'Invalid', `HorizontalPodAutoscaler "${metadata.name}" is invalid: ${problems.join('; ')}`)
}

function checkedScale({ namespace, name }: Target, body: unknown): KubeObject {
  const scale = body as Partial<KubeObject> | undefined
  if (typeof scale !== 'object' || scale === null) throw new ApiError(400, 'BadRequest', 'the body must be a Scale')
  return { ...scale, apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { ...scale.metadata, namespace, name } }
}
