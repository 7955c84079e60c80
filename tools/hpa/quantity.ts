/** A Kubernetes quantity as found in objects: `100m`, `0.5`, `64Mi`, `1e3`, or a bare number. */
export type Quantity = string | number

// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
const SUFFIX_FACTOR: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

const QUANTITY = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d{1,2})|([numkMGTPE]|[KMGTPE]i)?)$/

/** Reads a quantity as a number of units: `100m` is 0.1. Throws a RangeError naming the text when it is not a quantity. */
export function numberValue(quantity: Quantity): number {
  const text = String(quantity)
  const match = QUANTITY.exec(text)
  if (match === null) throw new RangeError(`"${text}" is not a Kubernetes quantity; write it like 100m, 0.5 or 64Mi`)
  const [, number = '0', exponent, suffix = ''] = match
  return Number(number) * (exponent === undefined ? (SUFFIX_FACTOR[suffix] ?? 1) : 10 ** Number(exponent))
}

/**
 * Reads a quantity as a whole number of thousandths, rounded away from zero as the Go `MilliValue()` does:
 * `100m` is 100, `0.5` is 500, `1` is 1000, `64Mi` is 67108864000.
 */
export function milliValue(quantity: Quantity): number {
  // Binary fractions turn 0.29 * 1000 into 290.00000000000006, which must not round up to 291.
  const milli = Number((numberValue(quantity) * 1000).toPrecision(15))
  return milli < 0 ? Math.floor(milli) : Math.ceil(milli)
}

/** Writes thousandths as Kubernetes prints them: 1500 is `1500m`, 2000 is `2`. */
export function formatMilli(milli: number): string {
  return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`
}
