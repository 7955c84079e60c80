import { Pool } from 'undici'
import { kitArm, scrape, withProcess } from '../process.ts'
import { check, type Row } from '../row.ts'

const scrapeBytesMax = 200_000
const atOnce = 32

/** A client that never asks the same twice: a label made of the URL would grow with each. */
export const urls: Row = {
  name: 'urls',
  promise: 'distinct URLs add no metric series, and a scrape stays below 200 KB',
  full: '100,000 distinct URLs',
  quick: '5,000 distinct URLs',
  async run(context) {
    const wanted = context.count(100_000, 5000)
    return await withProcess(context, { main: kitArm }, async (replica) => {
      const pool = new Pool(`http://127.0.0.1:${replica.port}`, { connections: atOnce })
      const ask = async (path: string) => {
        const { statusCode, body } = await pool.request({ method: 'GET', path })
        await body.dump()
        return statusCode
      }
      await ask('/no/such/route')
      const before = seriesOf(await scrape(replica))
      let next = 0
      let unknown = 0
      const worker = async () => {
        while (next < wanted) if ((await ask(`/no/such/${next++}?q=${next}`)) === 404) unknown++
      }
      await Promise.all(Array.from({ length: atOnce }, worker))
      await pool.close()
      const text = await scrape(replica)
      const after = seriesOf(text)
      return {
        figures: { urls: wanted, 'answered 404': unknown, 'scrape, bytes': text.length },
        checks: [
          check('metric series unchanged', `${before} before, ${after} after`, after === before),
          check('scrape below 200 KB', `${text.length} bytes`, text.length < scrapeBytesMax),
          // Some may be shed: they were counted all the same.
          check('the URLs were asked', `${unknown} of ${wanted} answered 404`, unknown > wanted / 2),
        ],
      }
    })
  },
}

function seriesOf(text: string): number {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length
}
