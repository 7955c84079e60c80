/** What one check says. A note costs nothing now; a problem keeps the cluster from scaling, or from being maintained. */
export interface Finding {
  state: 'ok' | 'note' | 'problem'
  text: string
  fix?: string
}

export const ok = (text: string): Finding => ({ state: 'ok', text })
export const note = (text: string, fix: string): Finding => ({ state: 'note', text, fix })
export const problem = (text: string, fix: string): Finding => ({ state: 'problem', text, fix })

/** The findings for a terminal, with the fix below each that has one. */
export function findingsText(findings: Finding[]): string {
  return findings.map(({ state, text, fix }) => `${state.padEnd(8)} ${text}${fix ? `\n         fix: ${fix}` : ''}`).join('\n')
}
