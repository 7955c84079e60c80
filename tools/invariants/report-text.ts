import { INVARIANTS, type InvariantName, type Results } from './check.ts'

const ROWS_SHOWN = 10

/** The results as a table for people, with the first offending rows of each broken invariant below it. */
export function reportText(results: Results): string {
  const lines = ['      holds   checked']
  for (const [name, { title }] of Object.entries(INVARIANTS)) {
    const { holds, checked, violationCount, violations } = results[name as InvariantName]
    lines.push(`${name}    ${holds ? 'yes' : 'NO '}  ${String(checked).padStart(10)}   ${title}`)
    for (const { row, problem } of violations.slice(0, ROWS_SHOWN)) lines.push(`        ${row}: ${problem}`)
    if (violationCount > ROWS_SHOWN) lines.push(`        and ${violationCount - ROWS_SHOWN} more`)
  }
  return `${lines.join('\n')}\n`
}
