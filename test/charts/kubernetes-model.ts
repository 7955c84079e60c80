import * as client from '@kubernetes/client-node'
import type { KubeObject } from './render.ts'

/** A generated class of the API's model: each field with its type as text. */
interface Model {
  getAttributeTypeMap(): { baseName: string; type: string }[]
}

/** Kinds that the model lacks, since a CustomResourceDefinition brings them: the fields that the charts may use. */
const custom: Record<string, string[]> = {
  ServiceMonitor: ['selector', 'endpoints'],
  PrometheusRule: ['groups'],
  HTTPRoute: ['parentRefs', 'hostnames', 'rules'],
}

const models = new Map<string, unknown>(Object.entries(client))

function isModel(exported: unknown): exported is Model {
  return typeof exported === 'function' && 'getAttributeTypeMap' in exported
}

/** One sentence for each field of the object that Kubernetes does not know, or whose type it would refuse. */
export function unknownFields(object: KubeObject): string[] {
  const where = `${object.kind} ${object.metadata.name}`
  const version = object.apiVersion.split('/').at(-1) ?? ''
  const name = version.charAt(0).toUpperCase() + version.slice(1) + object.kind
  const spec = custom[object.kind]
  if (spec) {
    const fields = Object.keys(object.spec).filter((field) => !spec.includes(field))
    return [
      ...fields.map((field) => `${where}: .spec.${field} is unknown`),
      ...check(object.metadata, 'V1ObjectMeta', `${where}: .metadata`),
    ]
  }
  return check(object, name, `${where}: `)
}

function check(value: unknown, type: string, path: string): string[] {
  if (value === null || value === undefined) return [`${path} is null`]
  const array = type.match(/^Array<(.*)>$/)?.[1]
  if (array) return Array.isArray(value) ? value.flatMap((item, index) => check(item, array, `${path}[${index}]`)) : [`${path} is no list`]
  const map = type.match(/^\{ \[key: string\]: (.*); \}$/)?.[1]
  if (map)
    return isObject(value) ? Object.entries(value).flatMap(([key, item]) => check(item, map, `${path}.${key}`)) : [`${path} is no map`]
  if (type === 'any' || type === 'Date') return []
  if (type === 'IntOrString') return typeof value === 'string' || Number.isInteger(value) ? [] : [`${path} is neither number nor text`]
  const model = models.get(type)
  if (!isModel(model)) {
    const known = ['string', 'number', 'boolean'].includes(type)
    if (!known) return [`${path}: the model has no ${type}`]
    return typeof value === type ? [] : [`${path} must be a ${type}, it is ${JSON.stringify(value)}`]
  }
  if (!isObject(value)) return [`${path} is no ${type}`]
  const fields = new Map(model.getAttributeTypeMap().map((field) => [field.baseName, field.type]))
  return Object.entries(value).flatMap(([key, item]) => {
    const of = fields.get(key)
    return of === undefined ? [`${path}.${key} is unknown to ${type}`] : check(item, of, `${path}.${key}`)
  })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
