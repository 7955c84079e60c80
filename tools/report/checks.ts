/** Checks of values that come from files. Each returns the sentence of the first mistake, with its path, or undefined. */
export type Check = (value: unknown, path: string) => string | undefined

const wrong = (path: string, what: string) => `${path} must be ${what}`

/** A finite number from `least` on. */
export function number(least = 0): Check {
  return (value, path) =>
    typeof value === 'number' && Number.isFinite(value) && value >= least ? undefined : wrong(path, `a number, ${least} or more`)
}

/** A whole number from `least` on. */
export function whole(least = 0): Check {
  return (value, path) =>
    Number.isSafeInteger(value) && (value as number) >= least ? undefined : wrong(path, `a whole number, ${least} or more`)
}

export const boolean: Check = (value, path) => (typeof value === 'boolean' ? undefined : wrong(path, 'true or false'))

/** A text of 1 to `most` characters. */
export function text(most = 500): Check {
  return (value, path) =>
    typeof value === 'string' && value.length > 0 && value.length <= most ? undefined : wrong(path, `a text of 1 to ${most} characters`)
}

/** One of a few texts. */
export function oneOf(...choices: readonly string[]): Check {
  return (value, path) => (choices.includes(value as string) ? undefined : wrong(path, `one of ${choices.join(', ')}`))
}

export function orNull(check: Check): Check {
  return (value, path) => (value === null ? undefined : check(value, path))
}

/** A check of a key that may be left out. */
export function optional(check: Check): Check {
  return (value, path) => (value === undefined ? undefined : check(value, path))
}

export function listOf(check: Check, most = 10_000): Check {
  return (value, path) => {
    if (!Array.isArray(value) || value.length > most) return wrong(path, `a list of at most ${most}`)
    return first(value.map((item, index) => [item, `${path}[${index}]`, check]))
  }
}

/** A map of any keys to values of one kind. */
export function mapOf(check: Check): Check {
  return (value, path) => {
    if (!isMap(value)) return wrong(path, 'a map')
    return first(Object.entries(value).map(([key, item]) => [item, join(path, key), check]))
  }
}

/** A map with these keys; others are refused where it is `closed`, and ignored elsewhere. */
export function shape(checks: Record<string, Check>, closed = false): Check {
  const known = Object.keys(checks)
  return (value, path) => {
    if (!isMap(value)) return wrong(path === '' ? 'the whole' : path, 'a map')
    const unknown = closed ? Object.keys(value).find((key) => !known.includes(key)) : undefined
    if (unknown !== undefined) return `${join(path, unknown)} is not known; known are ${known.join(', ')}`
    return first(known.map((key) => [value[key], join(path, key), checks[key] as Check]))
  }
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

function first(checks: [value: unknown, path: string, check: Check][]): string | undefined {
  for (const [value, path, check] of checks) {
    const problem = check(value, path)
    if (problem !== undefined) return problem
  }
  return undefined
}
