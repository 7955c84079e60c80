import { drive } from '@headroom/counted-work/drive'
import { withProcess } from './process.ts'
import type { RowContext } from './row.ts'

/** A service made of kit that does the counted work. */
export const countedWork = new URL('../counted-work/main.ts', import.meta.url)
/** About 4 ms of CPU for each request. */
export const workEnv = { WORK_ITERATIONS: '600000' }

/** Good answers/s of one process that is kept busy and never flooded. */
export async function capacityOf(context: RowContext): Promise<number> {
  return await withProcess(context, { main: countedWork, env: workEnv }, async ({ port }) => {
    const options = { connections: 8, warmUpS: context.count(5, 2), seconds: context.count(10, 3) }
    return (await drive(`http://127.0.0.1:${port}`, options)).goodPerS
  })
}
