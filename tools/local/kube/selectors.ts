/** Label and field selectors: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api */
import { ApiError } from './errors.ts'
import type { KubeObject } from './types.ts'

export type Matcher = (object: KubeObject) => boolean

const LABEL_KEY = '[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?'
const SET_TERM = new RegExp(`^(?<key>${LABEL_KEY})\\s+(?<operator>in|notin)\\s+\\((?<values>[^()]*)\\)$`)
const EQUALITY_TERM = new RegExp(`^(?<key>${LABEL_KEY})\\s*(?<operator>==?|!=)\\s*(?<value>[A-Za-z0-9._-]*)$`)
const EXISTS_TERM = new RegExp(`^(?<not>!?)\\s*(?<key>${LABEL_KEY})$`)

/** Reads `app=orders,tier in (a, b),!canary`. Throws an ApiError 400 for text it cannot read. */
export function labelMatcher(text: string | undefined): Matcher {
  if (text === undefined || text.trim() === '') return () => true
  // Commas inside parentheses separate values, not terms.
  const matchers = text.split(/,(?![^(]*\))/).map((term) => labelTerm(term.trim()))
  return (object) => matchers.every((matches) => matches(object.metadata.labels ?? {}))
}

function labelTerm(term: string): (labels: Record<string, string>) => boolean {
  const set = SET_TERM.exec(term)?.groups
  if (set) {
    const values = new Set(set.values?.split(',').map((value) => value.trim()))
    const wanted = set.operator === 'in'
    return (labels) => labelIn(labels, set.key as string, values) === wanted
  }
  const equality = EQUALITY_TERM.exec(term)?.groups
  if (equality) {
    const wanted = equality.operator !== '!='
    return (labels) => (labels[equality.key as string] === equality.value) === wanted
  }
  const exists = EXISTS_TERM.exec(term)?.groups
  if (exists) return (labels) => Object.hasOwn(labels, exists.key as string) === (exists.not === '')
  throw new ApiError(400, 'BadRequest', `unable to parse the label selector "${term}"`)
}

function labelIn(labels: Record<string, string>, key: string, values: ReadonlySet<string>): boolean {
  const value = labels[key]
  return value !== undefined && values.has(value)
}

/** Reads `metadata.name=a,involvedObject.kind!=Pod` over any path of the object; a missing value equals the empty text. */
export function fieldMatcher(text: string | undefined): Matcher {
  if (text === undefined || text.trim() === '') return () => true
  const terms = text.split(',').map((term) => {
    const match = /^([A-Za-z][\w.]*)(==?|!=)(.*)$/.exec(term.trim())
    if (match === null) throw new ApiError(400, 'BadRequest', `unable to parse the field selector "${term}"`)
    return { path: match[1] as string, equal: match[2] !== '!=', value: match[3] as string }
  })
  return (object) => terms.every(({ path, equal, value }) => (fieldOf(object, path) === value) === equal)
}

function fieldOf(object: KubeObject, path: string): string {
  let value: unknown = object
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return ''
    value = (value as Record<string, unknown>)[key]
  }
  return value === undefined || value === null ? '' : String(value)
}

/** The text of a selector made of labels alone, as a Scale carries it. */
export function selectorText(matchLabels: Record<string, string>): string {
  return Object.entries(matchLabels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}
