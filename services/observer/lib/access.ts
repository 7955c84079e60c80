/** What stands between the observer and the API, in words a person can act on. */
export type Access = 'connecting' | 'ok' | 'forbidden' | 'absent'

export interface AccessState {
  access: Access
  detail: string
}

/** Tells a refused permission from an API that is not there. */
export function accessOf(error: unknown): AccessState {
  const {
    code,
    statusCode,
    message = String(error),
    cause,
  } = error as { code?: number | string; statusCode?: number; message?: string; cause?: { message?: string } }
  const status = typeof code === 'number' ? code : statusCode
  if (status === 401 || status === 403) {
    return {
      access: 'forbidden',
      detail: `the Kubernetes API refuses (${status}): this service account needs get, list and watch on pods, deployments, horizontalpodautoscalers and events`,
    }
  }
  return { access: 'absent', detail: `the Kubernetes API does not answer: ${(cause?.message ?? message).split('\n', 1)[0]?.slice(0, 200)}` }
}

/**
 * Wait before the n-th attempt in a row: full jitter over an exponential ceiling, never under a second, so that an API that comes back
 * is not stormed (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 * @param attempt from 0
 * @returns milliseconds, 1000 to 31000
 */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  return 1000 + random() * Math.min(30_000, 1000 * 2 ** attempt)
}
