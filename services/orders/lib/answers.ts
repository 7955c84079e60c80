import type { Price } from './price-list.ts'

/** Prices by tier, if the body is an event with tiers as catalog documents it: an answer is looked at before it is believed. */
export function pricesOf(body: unknown): ReadonlyMap<string, Price> | undefined {
  if (!isObject(body) || !Array.isArray(body.tiers)) return undefined
  const tiers: unknown[] = body.tiers
  if (tiers.length === 0 || !tiers.every(isTier)) return undefined
  return new Map(tiers.map(({ id, priceCents, currency }) => [id, { cents: priceCents, currency }]))
}

function isTier(tier: unknown): tier is { id: string; priceCents: number; currency: string } {
  return isObject(tier) && typeof tier.id === 'string' && isPrice(tier.priceCents) && typeof tier.currency === 'string'
}

/** Nothing is given away, and no total is a fraction. */
function isPrice(cents: unknown): cents is number {
  return Number.isInteger(cents) && Number(cents) > 0
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
