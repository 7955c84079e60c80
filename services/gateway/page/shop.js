/** A busy shop says when to come back. */
const retriesMax = 5
const timeoutMs = 8000

/** What a buyer is told for each documented code; anything else is shown as the shop words it. */
const sentences = {
  sold_out: 'Sold out: fewer tickets remain than you asked for. Nothing was charged.',
  payment_declined: 'The payment was declined. Nothing was charged.',
  hold_expired: 'It took too long: your tickets went back on sale. Nothing was charged.',
  order_timed_out: 'It took too long and the order was cancelled. Nothing was charged.',
  rate_limited: 'Too many requests from your address.',
  overloaded: 'Very busy right now.',
}

/** Asks the shop. @returns status, body, and after how many seconds to ask again when it is busy */
async function ask(path, options = {}) {
  const reply = await fetch(path, { ...options, signal: AbortSignal.timeout(timeoutMs) })
  const body = await reply.json().catch(() => ({}))
  return { status: reply.status, body, retryAfterS: Number(reply.headers.get('retry-after')) || undefined }
}

/** Asks until the shop is not busy, as often as is decent. @param onBusy told of each wait in seconds */
export async function patiently(path, options, onBusy = () => {}) {
  for (let left = retriesMax; ; left--) {
    const answer = await ask(path, options).catch(() => ({ status: 0, body: { detail: 'The shop cannot be reached.' }, retryAfterS: 2 }))
    const busy = answer.status === 0 || answer.status === 503 || answer.status === 429
    if (!busy || left === 0) return answer
    const waitS = answer.retryAfterS ?? 1
    onBusy(waitS, messageOf(answer))
    await new Promise((next) => setTimeout(next, waitS * 1000))
  }
}

export function messageOf({ body }) {
  return sentences[body.code] ?? body.detail ?? body.title ?? 'Something went wrong.'
}

/** One key for each order that is meant: asked again with it, the shop never sells twice. */
export function buy(order, key, onBusy) {
  const options = { method: 'POST', headers: { 'content-type': 'application/json', 'idempotency-key': key }, body: JSON.stringify(order) }
  return patiently('api/orders', options, onBusy)
}
