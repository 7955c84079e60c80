import { rows } from '@headroom/chaos/rows'
import { seededRandom } from '@headroom/load/random'
import t from 'tap'

const seed = 1

/**
 * One row of docs/reliability.md at its reduced count, as the test of the file that calls this.
 * @throws Error when there is no such row
 */
export function play(name: string): void {
  const row = rows.find((row) => row.name === name)
  if (row === undefined) throw new Error(`${name}: no such row in tools/chaos/rows.ts`)
  // Real processes and databases under real faults: a busy machine takes its time.
  t.setTimeout(400_000)
  // The name alone: the test's folder is named after it.
  t.test(row.name, async (t) => {
    t.comment(`${row.promise} (${row.quick})`)
    const { figures, checks } = await row.run({
      seed,
      random: seededRandom(seed),
      quick: true,
      count: (_full, quick) => quick,
      folder: t.testdir({}),
      note: (text) => t.comment(text),
      signal: new AbortController().signal,
    })
    t.comment(JSON.stringify(figures))
    // Again with a failure, which is all that some reporters print.
    for (const { limit, figure, holds } of checks) t.ok(holds, `${limit}: ${figure}`, { figures })
    t.ok(checks.length > 0, 'something was checked')
  })
}
