import { setTimeout as sleep } from 'node:timers/promises'
import { jsonObject } from './verdict.ts'

/** What a buyer can choose from. */
export interface ShopEvent {
  readonly id: string
  readonly tierIds: readonly string[]
}

const ATTEMPT_TIMEOUT_MS = 2000
const RETRY_EVERY_MS = 250

/** Ids that can stand in a URL and a JSON body as they are, which every id of the on-sale can. */
export function isPlainId(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.~-]{1,100}$/.test(value)
}

/**
 * Learns the events on sale from `GET /api/events`, asking again for up to `patienceMs` while the target starts.
 * @throws {Error} saying what the target answered instead
 */
export async function learnShop(baseUrl: URL, patienceMs: number, signal?: AbortSignal): Promise<ShopEvent[]> {
  const url = new URL('/api/events', baseUrl)
  const giveUpAtMs = performance.now() + patienceMs
  for (;;) {
    const answer = await ask(url, signal)
    if (typeof answer !== 'string') return answer
    if (signal?.aborted || performance.now() + RETRY_EVERY_MS > giveUpAtMs) {
      throw new Error(`no events to buy from: GET ${url.href} ${answer} (asked for ${patienceMs / 1000} s)`)
    }
    await sleep(RETRY_EVERY_MS, undefined, { signal }).catch(() => undefined)
  }
}

/** The events, or what is wrong with the answer. */
async function ask(url: URL, signal?: AbortSignal): Promise<ShopEvent[] | string> {
  const timeout = AbortSignal.timeout(ATTEMPT_TIMEOUT_MS)
  try {
    const reply = await fetch(url, { signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) })
    const text = await reply.text()
    if (reply.status !== 200) return `answered ${reply.status}`
    const events = parseEvents(text)
    return events.length === 0 ? 'listed no event with a tier' : events
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return `failed: ${cause instanceof Error ? cause.message || cause.name : String(cause)}`
  }
}

function parseEvents(text: string): ShopEvent[] {
  const { events } = jsonObject(text)
  if (!Array.isArray(events)) return []
  return events.flatMap((event: { id?: unknown; tiers?: unknown } | null) => {
    if (!isPlainId(event?.id) || !Array.isArray(event?.tiers)) return []
    const tierIds = event.tiers.map((tier: { id?: unknown } | null) => tier?.id).filter(isPlainId)
    return tierIds.length === 0 ? [] : [{ id: event.id, tierIds }]
  })
}
