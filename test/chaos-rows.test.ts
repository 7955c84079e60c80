import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { rows } from '@headroom/chaos/rows'
import t from 'tap'
import { root } from '../scripts/lib/services.ts'

const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))

t.test('npm test plays every row once', async (t) => {
  t.match(scripts.test, 'npm run --silent test:chaos')
  const globs = [...String(scripts['test:chaos']).matchAll(/'(\S+\.test\.ts)'/g)].map(([, glob = '']) => glob)
  const played: string[] = []
  for (const file of globs.flatMap((glob) => globSync(glob, { cwd: root }))) {
    const plays = [...readFileSync(`${root}/${file}`, 'utf8').matchAll(/^play\('(\S+)'\)$/gm)].map(([, name = '']) => name)
    t.strictSame(plays, [basename(file, '.test.ts')], `${file} plays the row that it is named after`)
    played.push(...plays)
  }
  t.strictSame(played.sort(), rows.map(({ name }) => name).sort())
})
