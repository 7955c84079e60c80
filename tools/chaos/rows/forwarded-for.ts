import { Pool } from 'undici'
import { withProcess } from '../process.ts'
import { check, type Row } from '../row.ts'

const gateway = new URL('../../../services/gateway/main.ts', import.meta.url)
const limit = 100
const nobody = 'http://127.0.0.1:1'

/** One client that claims to be many. */
export const forwardedFor: Row = {
  name: 'forwarded-for',
  promise: 'spoofed X-Forwarded-For headers share one rate limit bucket',
  full: '1,000 spoofed addresses, a limit of 100',
  quick: '300 spoofed addresses, a limit of 100',
  async run(context) {
    const wanted = context.count(1000, 300)
    const env = {
      CATALOG_URL: nobody,
      INVENTORY_URL: nobody,
      ORDERS_URL: nobody,
      HELLO_URL: nobody,
      RATE_LIMIT_MAX: String(limit),
      RATE_LIMIT_WINDOW_MS: '600000',
    }
    return await withProcess(context, { main: gateway, env }, async ({ port }) => {
      const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 4 })
      let limited = 0
      for (let i = 0; i < wanted; i++) {
        const headers = { 'x-forwarded-for': `10.${i >> 8}.${i & 255}.1`, forwarded: `for=10.1.${i & 255}.2` }
        const { statusCode, body } = await pool.request({ method: 'GET', path: '/api/orders/not-an-id', headers })
        await body.dump()
        if (statusCode === 429) limited++
      }
      await pool.close()
      const expected = wanted - limit
      return {
        figures: { addresses: wanted, 'answered 429': limited },
        checks: [check(`all but ${limit} limited`, `${limited} of ${wanted}`, limited === expected)],
      }
    })
  },
}
