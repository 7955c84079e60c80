import { readdir, readFile } from 'node:fs/promises'
import t from 'tap'
import { type Parameter, readParameters } from '../../scripts/charts/values.ts'
import { aliases } from './aliases.ts'

const charts = new URL('../../charts/', import.meta.url)

/** Used by Helm itself, or by the other chart through the shared block. */
const exceptions: Record<string, string[]> = {
  service: ['enabled'],
  headroom: [
    'global.image.tag',
    'global.image.pullSecrets',
    'global.externalDatabase.port',
    'global.externalDatabase.sslMode',
    'global.externalDatabase.cidr',
  ],
}

async function templatesOf(chart: string): Promise<string> {
  const folder = new URL(`${chart}/templates/`, charts)
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const texts = await Promise.all(files.map(({ parentPath, name }) => readFile(`${parentPath}/${name}`, 'utf8')))
  return texts.join('\n')
}

/** Paths after `.Values` and `$.Values`; templates keep to full paths, except for these blocks: `with .Values.autoscaling`. */
function usedPaths(text: string): Set<string> {
  const used = new Set([...text.matchAll(/\.Values((?:\.[A-Za-z]+)+)/g)].map(([, path = '']) => path.slice(1)))
  for (const [, block = '', body = ''] of text.matchAll(/\{\{- with \.Values\.(autoscaling) \}\}([\s\S]*?)\n\{\{- end \}\}\n/g)) {
    used.delete(block)
    for (const [, key = ''] of body.matchAll(/[ (]\.([a-zA-Z]+)/g)) if (key !== 'Values') used.add(`${block}.${key}`)
  }
  return used
}

function leaves(parameters: Parameter[]): string[] {
  return parameters.flatMap(({ path, children }) => (children.length > 0 ? leaves(children) : [path]))
}

const isUnder = (path: string, ancestor: string) => path === ancestor || path.startsWith(`${ancestor}.`)

for (const chart of ['service', 'headroom']) {
  t.test(`values of charts/${chart}`, async (t) => {
    const parameters = readParameters(await readFile(new URL(`${chart}/values.yaml`, charts), 'utf8')).filter(
      ({ key }) => !aliases.includes(key),
    )
    const declared = leaves(parameters)
    const used = [...usedPaths(await templatesOf(chart))].filter((path) => !aliases.includes(path.split('.')[0] ?? ''))
    t.ok(used.length > 10 && declared.length > 10, `${used.length} paths are used and ${declared.length} declared`)
    const strange = used.filter((path) => !declared.some((leaf) => isUnder(leaf, path) || isUnder(path, leaf)))
    t.strictSame(strange, [], 'every value that a template uses is declared')
    const idle = declared.filter((leaf) => !used.some((path) => isUnder(leaf, path)) && !exceptions[chart]?.includes(leaf))
    t.strictSame(idle, [], 'every declared value is used by a template')
    const stale = (exceptions[chart] ?? []).filter((leaf) => !declared.includes(leaf) || used.includes(leaf))
    t.strictSame(stale, [], 'and every exception is still one')
  })
}

t.test('the shared block is declared alike in both charts', async (t) => {
  const shared = async (chart: string) => {
    const parameters = readParameters(await readFile(new URL(`${chart}/values.yaml`, charts), 'utf8'))
    return leaves(parameters.filter(({ key }) => key === 'global')).sort()
  }
  t.strictSame(await shared('headroom'), await shared('service'))
})
