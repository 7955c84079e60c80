import type { Row } from '@headroom/chaos/row'
import { seededRandom } from '@headroom/load/random'
import t from 'tap'

const seed = 1

/** Runs rows at their reduced counts, a test each. */
export function rehearse(rows: Row[]): void {
  // Real processes and databases under real faults: a busy machine takes its time.
  t.setTimeout(400_000)
  for (const row of rows) {
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
      for (const { limit, figure, holds } of checks) t.ok(holds, `${limit}: ${figure}`)
      t.ok(checks.length > 0)
    })
  }
}
