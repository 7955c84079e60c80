/** Kubernetes names have 63 characters; the chart puts `headroom-` before and suffixes such as `-migrate` after. */
const lengthMax = 30

/** Words that JavaScript does not take as the name of a function. */
const reservedWords = new Set(
  'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield'.split(
    ' ',
  ),
)

/** Names that mean something else in app.ts, in the charts or in the npm workspaces. */
const reservedNames = new Set(['kit', 'config', 'server', 'service', 'test'])

/**
 * What is wrong with the name of a new service, as a sentence; undefined when it can be used.
 * @param taken names of packages and keys of the on-sale's chart
 */
export function mistakeIn(name: string | undefined, taken: ReadonlySet<string>): string | undefined {
  if (name === undefined || name === '') return 'NAME is missing: make new-service NAME=tickets'
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
    return `NAME=${name}: use lower case letters, digits and single hyphens, a letter first, such as seat-maps`
  if (name.length > lengthMax) return `NAME=${name} has ${name.length} characters: use at most ${lengthMax}`
  if (reservedWords.has(name) || reservedNames.has(name)) return `NAME=${name} is a reserved word: choose another`
  if (taken.has(name)) return `NAME=${name} is taken: choose another`
  return undefined
}

/** `seatMaps` of `seat-maps`. */
export function identifierOf(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
