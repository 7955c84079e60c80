import { catalogue } from '@headroom/kit/errors'
import { code, page, table } from './markdown.ts'
import { type ProblemEntry, problemsOf, serviceNames } from './services.ts'

/** One code and who answers it. */
export interface ListedProblem extends ProblemEntry {
  /** Services; empty when any may. */
  services: string[]
}

/**
 * Merges the catalogues: a code means the same wherever it comes from.
 * @throws Error naming a code that has two statuses or two titles
 */
export function mergeProblems(common: ProblemEntry[], byService: Record<string, ProblemEntry[]>): ListedProblem[] {
  const listed = new Map<string, ListedProblem>(common.map((entry) => [entry.code, { ...entry, services: [] }]))
  const shared = new Set(listed.keys())
  for (const [service, entries] of Object.entries(byService))
    for (const { code, status, title } of entries) {
      if (shared.has(code)) throw new Error(`${service} adds the code ${code}, which any service may answer already`)
      const known = listed.get(code) ?? { code, status, title, services: [] }
      if (known.status !== status || known.title !== title)
        throw new Error(
          `${code} is ${status} "${title}" in ${service}, but ${known.status} "${known.title}" in ${known.services.join(', ')}`,
        )
      listed.set(code, { ...known, services: [...known.services, service] })
    }
  return [...listed.values()].sort((a, b) => a.status - b.status || (a.code < b.code ? -1 : 1))
}

/** docs/errors.md */
export async function errorsPage(): Promise<string> {
  const common = Object.entries(catalogue).map(([code, [status, title]]) => ({ code, status, title }))
  const byService: Record<string, ProblemEntry[]> = {}
  for (const name of serviceNames()) byService[name] = await problemsOf(name)
  const rows = mergeProblems(common, byService).map((entry) => [
    code(entry.code),
    String(entry.status),
    entry.title,
    entry.services.length === 0 ? 'any' : entry.services.join(', '),
  ])
  return page(
    'Errors',
    'Every error is an [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problem document, `application/problem+json`: `type` (`urn:headroom:problem:` and the code), `title`, `status`, `code`, and where they help `detail`, `instance` (the path that was asked) and `errors` (`path` and `message` of each part of the request that is not valid). Handle errors by `code`; it keeps its meaning.',
    'A 503 or 429 carries `Retry-After`, whole seconds, jittered. What each route answers is in the `openapi.json` beside each service.',
    table(['code', 'status', 'title', 'answered by'], rows),
  )
}
