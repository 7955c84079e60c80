import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml'

/** JSON Schema as far as charts need it. */
export type Schema = { [keyword: string]: unknown }

/** One key of a values.yaml: what its comment says, what its default is, and the keys below it when they are documented too. */
export interface Parameter {
  /** Dotted: `autoscaling.minReplicas`. */
  path: string
  key: string
  description: string
  /** The comment's `@schema`, which adds to what the default tells. */
  hint: Schema
  fallback: unknown
  children: Parameter[]
}

/**
 * Reads a values.yaml with its comments.
 * @throws Error naming the key whose `@schema` is not JSON or that has no description
 */
export function readParameters(text: string): Parameter[] {
  const document = parseDocument(text)
  if (!isMap(document.contents)) throw new Error('values.yaml is not a mapping')
  return parametersOf(document.contents, '', false)
}

function parametersOf(map: YAMLMap, prefix: string, described: boolean): Parameter[] {
  return map.items.map((pair, index) => {
    const key = String(isScalar(pair.key) ? pair.key.value : pair.key)
    const path = prefix + key
    const { description, hint } = readComment(commentOf(map, pair, index), path)
    if (!description && !described && !isMap(pair.value)) throw new Error(`values.yaml: ${path} has no comment that describes it`)
    const value = pair.value
    const documented = isMap(value) && hasComments(value)
    return {
      path,
      key,
      description,
      hint,
      fallback: isMap(value) || !isScalar(value) ? (value as { toJSON(): unknown } | null)?.toJSON() : value.value,
      children: documented ? parametersOf(value, `${path}.`, description !== '') : [],
    }
  })
}

function hasComments(map: YAMLMap): boolean {
  return map.items.some((pair, index) => commentOf(map, pair, index) !== '' || (isMap(pair.value) && hasComments(pair.value)))
}

/** The parser hangs a map's first comment on the map itself. */
function commentOf(map: YAMLMap, pair: Pair, index: number): string {
  const own = isScalar(pair.key) ? pair.key.commentBefore : undefined
  return own ?? (index === 0 ? map.commentBefore : undefined) ?? ''
}

/** Of paragraphs before a key, the last one is its own: a file's head comes before its first key's. */
function readComment(comment: string, path: string): { description: string; hint: Schema } {
  const paragraph = comment.split(/\n\s*\n/).at(-1) ?? ''
  const lines = paragraph.split('\n').map((line) => line.trim())
  const start = '@schema '
  const hints = lines.filter((line) => line.startsWith(start))
  const words = lines.filter((line) => !line.startsWith(start))
  try {
    return { description: words.join(' ').trim(), hint: Object.assign({}, ...hints.map((line) => JSON.parse(line.slice(start.length)))) }
  } catch (error) {
    throw new Error(`values.yaml: the @schema of ${path} is not JSON: ${(error as Error).message}`)
  }
}
