import { rows } from '@headroom/chaos/rows'
import { code, table } from './markdown.ts'

const begin = '<!-- Generated from tools/chaos/rows.ts: `npm run generate` writes what follows. -->'
const end = '<!-- Generated until here. -->'

/**
 * docs/reliability.md with its table of rows written anew; what people wrote around it stays.
 * @throws Error when the page has lost its marks
 */
export function reliabilityPage(page: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`docs/reliability.md needs the lines "${begin}" and "${end}"`)
  const list = rows.map(({ name, promise, full, quick }) => [code(name), promise, full, quick])
  return `${page.slice(0, from)}${begin}\n\n${table(['row', 'must hold', '`npm run chaos`', '`--quick`, `make test`'], list)}\n\n${page.slice(to)}`
}
