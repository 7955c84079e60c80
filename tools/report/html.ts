/** Pieces of HTML that every page of a report is made of. */

/** Text made safe between tags and inside quoted attributes. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** Markup that is not to be escaped again. */
export interface Html {
  html: string
}

/** A cell: text and numbers are escaped, null is a dash. */
export type Cell = string | number | null | Html

export interface Table {
  caption: string
  columns: string[]
  /** The first cell of each row is its heading. */
  rows: Cell[][]
}

/** A table that scrolls sideways on its own where the screen is narrow, and nothing when it has no rows. */
export function table({ caption, columns, rows }: Table): string {
  if (rows.length === 0) return ''
  // A column that holds a number is one of numbers, even where a row has none.
  const kinds = columns.map((_, index) => (rows.some((row) => typeof row[index] === 'number') ? ' class="n"' : ''))
  const head = columns.map((column, index) => `<th scope="col"${kinds[index]}>${escaped(column)}</th>`).join('')
  const data = (value: Cell, index: number) => `<td${kinds[index + 1]}>${cell(value)}</td>`
  const body = rows.map(([first = null, ...rest]) => `<tr><th scope="row">${cell(first)}</th>${rest.map(data).join('')}</tr>`)
  return `<div class="scroll" role="region" tabindex="0" aria-label="${escaped(caption)}"><table><caption>${escaped(caption)}</caption>
<thead><tr>${head}</tr></thead>
<tbody>${body.join('\n')}</tbody></table></div>`
}

function cell(value: Cell): string {
  if (value === null) return '–'
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? escaped(value) : value.html
}

/** A section with its heading; nothing when it has no contents. */
export function section(id: string, title: string, contents: string[], level = 2): string {
  const filled = contents.filter((content) => content !== '')
  if (filled.length === 0) return ''
  return `<section aria-labelledby="${id}"><h${level} id="${id}">${escaped(title)}</h${level}>\n${filled.join('\n')}</section>`
}

export function paragraph(text: string): string {
  return `<p>${escaped(text)}</p>`
}

/** A word with its sign, so that nobody has to tell by colour. */
export function passOrFail(holds: boolean): Html {
  return { html: holds ? '<span class="pass">✓ pass</span>' : '<span class="fail">✗ FAIL</span>' }
}

/** A whole page. The policy in its head forbids every request, so that a report can be opened from anywhere. */
export function page(title: string, style: string, body: string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
${body.filter((part) => part !== '').join('\n')}
</body>
</html>
`
}
