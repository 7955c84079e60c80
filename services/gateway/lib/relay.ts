import { type Answer, codeOf } from '@headroom/kit/client'
import { problems } from '@headroom/kit/errors'
import { type Code, statusOf } from './problems.ts'

/** What of a peer's answers is passed on: statuses of success, and codes of problems. */
export interface Relayed {
  success: readonly number[]
  codes: readonly Code[]
}

/** A reply to send as it is. */
export interface RelayedReply {
  status: number
  problem: boolean
  body: object
  retryAfter: string | undefined
}

/**
 * Passes a documented answer on unchanged, but for `instance`, which names the URL that the client asked.
 * @param path of the public URL, without its query
 * @throws Problem dependency_unavailable for an answer that is not documented
 */
export function relay({ status, body, headers }: Answer, { success, codes }: Relayed, path: string): RelayedReply {
  const retryAfter = typeof headers['retry-after'] === 'string' ? headers['retry-after'] : undefined
  if (typeof body === 'object' && body !== null) {
    if (success.includes(status)) return { status, problem: false, body, retryAfter }
    const code = codes.find((code) => code === codeOf(body))
    if (code !== undefined && statusOf(code) === status) return { status, problem: true, body: { ...body, instance: path }, retryAfter }
  }
  throw problems.dependency_unavailable('a peer gives no usable answer', { retryAfterS: 1 })
}
