import { hash } from 'node:crypto'
import type { OrderRequest } from './order.ts'

/** What an Idempotency-Key looks like: 1 to 255 visible ASCII characters. */
export const keyPattern = '^[!-~]{1,255}$'

/** Fingerprint of a validated body: the same for the same order, whatever the order of its properties. */
export function requestHash({ eventId, tierId, quantity, buyer }: OrderRequest): string {
  return hash('sha256', JSON.stringify([eventId, tierId, quantity, buyer ?? null]), 'base64url')
}
