import type { Test } from 'tap'
import { parseAllDocuments } from 'yaml'
import { findHelm, helmMissing, type Render, template } from '../../scripts/charts/helm.ts'

/** A Kubernetes object as rendered; fields are checked against the model, not by types. */
export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> }
  // biome-ignore lint/suspicious/noExplicitAny: tests reach into objects of every kind
  [field: string]: any
}

const helm = await findHelm()

/** Options for tests that need helm: skipped with the fix where there is none. */
export const withHelm = helm ? {} : { skip: helmMissing }

/** The least that charts/service asks for. */
export const leastValues = { name: 'headroom-orders', image: { repository: 'headroom/orders', tag: '1.2.3' } }

/** Charts/service with values over the least ones. */
export function service(values: object = {}, more: Partial<Render> = {}): Promise<KubeObject[]> {
  return render({ chart: 'charts/service', release: 'orders', ...more, values: merge(leastValues, values) })
}

/** Charts/headroom, with the tag and the Secret that a render needs. */
export function onSale(values: object = {}, more: Partial<Render> = {}): Promise<KubeObject[]> {
  return render({
    chart: 'charts/headroom',
    ...more,
    values: merge({ global: { image: { tag: '1.2.3' }, databaseSecret: 'passwords' } }, values),
  })
}

/** Renders and parses; a key that comes twice is an error. */
export async function render(options: Render): Promise<KubeObject[]> {
  return parseObjects(await template(helm as string, options))
}

/** Objects of a multi-document YAML text. */
export function parseObjects(text: string): KubeObject[] {
  return parseAllDocuments(text)
    .map((document) => {
      if (document.errors[0]) throw document.errors[0]
      return document.toJS() as KubeObject | null
    })
    .filter((object) => object !== null)
}

/** The sentence with which helm refuses values; fails the test when it does not. */
export async function refusal(t: Test, rendering: Promise<unknown>): Promise<string> {
  try {
    await rendering
  } catch (error) {
    return (error as Error).message
  }
  t.fail('the chart accepts values that it must refuse')
  return ''
}

/** The only object of a kind, by name where there are several. */
export function find(objects: KubeObject[], kind: string, name?: string): KubeObject {
  const found = objects.filter((object) => object.kind === kind && (name === undefined || object.metadata.name === name))
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} objects are a ${kind} ${name ?? ''}`)
  return found[0]
}

export function kinds(objects: KubeObject[]): string[] {
  return objects.map(({ kind }) => kind).sort()
}

type Tree = { [key: string]: unknown }

/** Helm's merge: maps by key, everything else replaced. */
export function merge(base: object, over: object): object {
  const merged: Tree = { ...(base as Tree) }
  const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key]
    merged[key] = isTree(value) && isTree(below) ? merge(below, value) : value
  }
  return merged
}
