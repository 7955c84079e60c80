const UNIT_S: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600 }

/** Seconds in a text like `500ms`, `20s`, `1.5m` or `1h`; null where it is no duration above zero. */
export function parseDurationS(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text)
  if (match === null) return null
  const durationS = Number(match[1]) * (UNIT_S[match[2] ?? ''] ?? 0)
  return durationS > 0 ? durationS : null
}
