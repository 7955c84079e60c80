import type { Parameter } from './values.ts'

const opening = '<!-- parameters: generated from values.yaml by `npm run generate` -->'
const closing = '<!-- /parameters -->'
const defaultCharsMax = 60

/**
 * A README with its table of parameters written anew between the two marks.
 * @param aliases keys that are values of a dependency, described in that chart's README
 * @throws Error when the README lacks the marks
 */
export function withParameters(readme: string, parameters: Parameter[], aliases: ReadonlySet<string>): string {
  const start = readme.indexOf(opening)
  const end = readme.indexOf(closing)
  if (start < 0 || end < start) throw new Error(`README.md lacks the lines ${opening} and ${closing}`)
  const rows = parameters.flatMap((parameter) =>
    aliases.has(parameter.key)
      ? [row(parameter.path, '[service](../service/README.md#parameters)', parameter.description)]
      : rowsOf(parameter, ''),
  )
  const table = ['| key | default | what it is |', '|---|---|---|', ...rows].join('\n')
  return `${readme.slice(0, start)}${opening}\n${table}\n${readme.slice(end)}`
}

function rowsOf({ path, description, fallback, children }: Parameter, inherited: string): string[] {
  const words = description || inherited
  if (children.length > 0) return children.flatMap((child) => rowsOf(child, words))
  const text = JSON.stringify(fallback)
  return [row(path, text.length > defaultCharsMax ? 'see values.yaml' : `\`${text}\``, words)]
}

function row(path: string, fallback: string, description: string): string {
  return `| \`${path}\` | ${fallback} | ${description.replaceAll('|', '\\|')} |`
}
