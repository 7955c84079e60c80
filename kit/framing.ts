import { problems } from './errors.ts'
import type { Stage } from './exchange.ts'

const name = 'host'

/**
 * Refuses a request that names two hosts (https://www.rfc-editor.org/rfc/rfc9112#section-3.2): Node takes the first, and who stands before or
 * behind may take the other. What else is ambiguous, Node's parser refuses.
 */
export function refuseTwoHosts(): Stage {
  return {
    arrive({ request }) {
      const { rawHeaders } = request.raw
      let hosts = 0
      for (let i = 0; i < rawHeaders.length; i += 2) {
        const header = rawHeaders[i] as string
        if (header.length === name.length && header.toLowerCase() === name) hosts++
      }
      return hosts > 1 ? problems.malformed_request('more than one Host header') : undefined
    },
  }
}
