const DEPTH_MAX = 64

/** Applies a JSON merge patch and returns the result; neither argument changes. https://www.rfc-editor.org/rfc/rfc7396#section-2 */
export function mergePatch(target: unknown, patch: unknown, depth = 0): unknown {
  if (depth > DEPTH_MAX) throw new RangeError(`a merge patch may nest ${DEPTH_MAX} levels`)
  if (!isObject(patch)) return patch
  const result = new Map(isObject(target) ? Object.entries(target) : [])
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key)
    else result.set(key, mergePatch(result.get(key), value, depth + 1))
  }
  return Object.fromEntries(result)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
