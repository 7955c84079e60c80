/**
 * The objects of the local cluster, in memory. The orchestrator and the autoscaler call it directly; server.ts shows it over HTTP.
 *
 *   const store = new Store()
 *   store.create('pods', pod)                                  // ApiError 409 AlreadyExists when it is there
 *   store.change('pods', 'default', 'a', (pod) => { ... })     // read, change a copy, write
 *   store.list('pods', { namespace: 'default', matches: labelMatcher('app=orders') }).items
 *   const stop = store.watch('pods', { fromResourceVersion: '7' }, (event) => ...)
 *
 * Every write takes the next resourceVersion of one counter. What it hands out is frozen and never changes.
 */
import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { ApiError, conflict, notFound } from './errors.ts'
import type { Matcher } from './selectors.ts'
import type { KubeObject, Stored, StoredName } from './types.ts'
import { WatchHub, type WatchListener, type WatchOptions } from './watch-hub.ts'

export interface StoreOptions {
  /** How many changes per resource a watch can reach back; an older resourceVersion gets 410 Gone. Default 1000. */
  historyMax?: number
  /** The most objects of one resource. Events drop their oldest instead of refusing. Default 2000. */
  objectsMax?: number
}

/** Which part of an object a write may touch: as in Kubernetes, `status` has its own door. */
export type Part = 'all' | 'main' | 'status'

export class Store {
  readonly #objects = new Map<StoredName, Map<string, KubeObject>>()
  readonly #hub: WatchHub
  readonly #objectsMax: number
  #resourceVersion = 0

  constructor({ historyMax = 1000, objectsMax = 2000 }: StoreOptions = {}) {
    this.#hub = new WatchHub(historyMax)
    this.#objectsMax = objectsMax
  }

  get resourceVersion(): string {
    return String(this.#resourceVersion)
  }

  get<Name extends StoredName>(name: Name, namespace: string, objectName: string): Stored[Name] | undefined {
    return this.#of(name).get(`${namespace}/${objectName}`)
  }

  list<Name extends StoredName>(
    name: Name,
    { namespace, matches }: { namespace?: string; matches?: Matcher } = {},
  ): { items: Stored[Name][]; resourceVersion: string } {
    const items = [...this.#of(name).values()].filter(
      (object) => (namespace === undefined || object.metadata.namespace === namespace) && (matches?.(object) ?? true),
    )
    items.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    return { items, resourceVersion: this.resourceVersion }
  }

  /** Adds an object. Throws an ApiError: 409 AlreadyExists, 403 when the resource is full. */
  create<Name extends StoredName>(name: Name, object: Stored[Name]): Stored[Name] {
    const objects = this.#of(name)
    const key = keyOf(object)
    if (objects.has(key)) throw new ApiError(409, 'AlreadyExists', `${name} "${object.metadata.name}" already exists`)
    if (objects.size >= this.#objectsMax) this.#makeRoom(name, objects)
    const metadata = {
      ...object.metadata,
      uid: randomUUID(),
      creationTimestamp: new Date().toISOString(),
      ...(object.spec !== undefined && { generation: 1 }),
    }
    return this.#write(name, { ...object, metadata }, undefined)
  }

  /**
   * Replaces an object, or only its main part or status. With a resourceVersion it must be the stored one.
   * Throws an ApiError: 404 NotFound, 409 Conflict.
   */
  replace<Name extends StoredName>(name: Name, object: Stored[Name], part: Part = 'all'): Stored[Name] {
    const { name: objectName, namespace, resourceVersion } = object.metadata
    const before = this.#existing(name, namespace, objectName)
    if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion) throw conflict(name, objectName)
    const next = part === 'status' ? { ...before, status: object.status } : { ...object, ...(part === 'main' && { status: before.status }) }
    const changedSpec = !isDeepStrictEqual(plain(next.spec), plain(before.spec))
    const metadata = {
      ...(part === 'status' ? before.metadata : object.metadata),
      ...identityOf(before, part),
      ...(before.metadata.generation !== undefined && { generation: before.metadata.generation + (changedSpec ? 1 : 0) }),
    }
    const after = { ...next, metadata }
    // A write that changes nothing makes no event, as in Kubernetes, so that controllers do not chase themselves.
    if (isDeepStrictEqual(plain(after), plain(before))) return before
    return this.#write(name, after, before)
  }

  /** Changes a copy of the stored object and writes it back, main part and status alike. Throws an ApiError 404 when it is not there. */
  change<Name extends StoredName>(name: Name, namespace: string, objectName: string, edit: (object: Stored[Name]) => void): Stored[Name] {
    const copy = structuredClone(this.#existing(name, namespace, objectName))
    edit(copy)
    return this.replace(name, copy)
  }

  /** Takes an object away for good. Throws an ApiError 404 when it is not there. */
  remove<Name extends StoredName>(name: Name, namespace: string, objectName: string): Stored[Name] {
    const before = this.#existing(name, namespace, objectName)
    this.#of(name).delete(keyOf(before))
    const last = freeze({ ...before, metadata: { ...before.metadata, resourceVersion: this.#nextVersion() } })
    this.#hub.publish(name, { type: 'DELETED', object: last, before, version: this.#resourceVersion })
    return last
  }

  /**
   * Calls the listener for every change after `fromResourceVersion` (after now when left out), first those already past.
   * Returns a function that stops it. Throws an ApiError 410 when the history no longer reaches back that far.
   */
  watch<Name extends StoredName>(name: Name, options: WatchOptions, listener: WatchListener<Stored[Name]>): () => void {
    return this.#hub.watch(name, options, this.#resourceVersion, listener as WatchListener)
  }

  // One map type for all resources: the plural name decides what an entry is, and only typed methods write here.
  #of<Name extends StoredName>(name: Name): Map<string, Stored[Name]> {
    const found = this.#objects.get(name) ?? new Map<string, KubeObject>()
    this.#objects.set(name, found)
    return found as Map<string, Stored[Name]>
  }

  #existing<Name extends StoredName>(name: Name, namespace: string, objectName: string): Stored[Name] {
    const object = this.get(name, namespace, objectName)
    if (object === undefined) throw notFound(name, objectName)
    return object
  }

  #write<Name extends StoredName>(name: Name, object: Stored[Name], before: KubeObject | undefined): Stored[Name] {
    const copy = structuredClone(object)
    copy.metadata.resourceVersion = this.#nextVersion()
    this.#of(name).set(keyOf(copy), freeze(copy))
    this.#hub.publish(name, { type: before ? 'MODIFIED' : 'ADDED', object: copy, before, version: this.#resourceVersion })
    return copy
  }

  #makeRoom(name: StoredName, objects: ReadonlyMap<string, KubeObject>): void {
    const oldest = objects.values().next().value
    if (name !== 'events' || oldest === undefined) {
      throw new ApiError(403, 'Forbidden', `the local cluster holds at most ${this.#objectsMax} ${name}`)
    }
    this.remove(name, oldest.metadata.namespace, oldest.metadata.name)
  }

  #nextVersion(): string {
    this.#resourceVersion++
    return this.resourceVersion
  }
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`
}

/** What a writer can never change; that an object is on its way out is for the engine alone to say. */
function identityOf({ metadata }: KubeObject, part: Part) {
  const { uid, creationTimestamp, deletionTimestamp, resourceVersion } = metadata
  return { uid, creationTimestamp, resourceVersion, ...(part !== 'all' && { deletionTimestamp }) }
}

/** The value as JSON sees it: without undefined fields, which would count as differences. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

function freeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) freeze(inner)
  }
  return value
}
