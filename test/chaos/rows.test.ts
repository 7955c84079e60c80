import { rows } from '@headroom/chaos/rows'
import { seededRandom } from '@headroom/load/random'
import t from 'tap'

// Real processes and databases under real faults: a busy machine takes its time.
t.setTimeout(400_000)

const seed = 1

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
