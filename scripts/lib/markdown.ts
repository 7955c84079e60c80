import { generatedNote } from './generated.ts'

/** A page made of lines, marked as generated. */
export function page(title: string, ...parts: string[]): string {
  return `<!-- ${generatedNote} -->\n# ${title}\n\n${parts.join('\n\n')}\n`
}

/** A Markdown table. A bar in a cell would end it. */
export function table(heads: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(heads), `|${' --- |'.repeat(heads.length)}`, ...rows.map(line)].join('\n')
}

export function code(text: string): string {
  return `\`${text}\``
}
