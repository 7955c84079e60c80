import { existsSync } from 'node:fs'
import { baseProperties } from '@headroom/kit/config'
import { databaseProperties } from '@headroom/kit/database'
import { migrateProperties } from '@headroom/kit/migrate'
import { retentionProperties } from '@headroom/kit/retention'
import { code, page, table } from './markdown.ts'
import { loadService, root, serviceNames } from './services.ts'

/** What of a key's schema is shown. */
interface Key {
  type?: string
  enum?: unknown[]
  default?: unknown
  minimum?: number
  maximum?: number
  pattern?: string
  description?: string
}

type Keys = Record<string, object>

/** docs/configuration.md */
export async function configurationPage(): Promise<string> {
  const sections: string[] = [section('Every service', baseProperties)]
  const withDatabase: string[] = []
  for (const name of serviceNames()) {
    const { properties } = (await loadService(name)).config
    if ('PGHOST' in properties) withDatabase.push(name)
    const own = without(properties, { ...baseProperties, ...databaseProperties, ...retentionProperties })
    sections.push(Object.keys(own).length === 0 ? `## ${name}\n\nNo keys of its own.` : section(name, own))
  }
  const shared = { ...databaseProperties, ...retentionProperties }
  sections.splice(1, 0, section('Services with a database', shared, `${withDatabase.join(', ')}. Named as libpq names them.`))
  sections.push(section('Migrations', without(migrateProperties, databaseProperties), '`migrate.ts` reads the keys of the database and:'))
  for (const name of serviceNames()) {
    const path = `${root}/services/${name}/lib/seed-config.ts`
    if (existsSync(path)) sections.push(section(`Migration of ${name}`, ((await import(path)) as { seedProperties: Keys }).seedProperties))
  }
  return page(
    'Configuration',
    'Environment variables, read once at start against a schema and frozen. Every key that is wrong is reported at once, in a sentence each, and the process ends with 78; so does a key that is one slip away from a declared one. Unknown variables are ignored.',
    ...sections,
  )
}

function without(keys: Keys, others: Keys): Keys {
  return Object.fromEntries(Object.entries(keys).filter(([key]) => !(key in others)))
}

function section(title: string, keys: Keys, text?: string): string {
  const rows = Object.entries(keys).map(([key, schema]) => {
    const { default: fallback, description } = schema as Key
    if (description === undefined) throw new Error(`${key} has no description`)
    return [
      code(key),
      valuesOf(schema as Key),
      fallback === undefined ? 'required' : fallback === '' ? 'empty' : code(String(fallback)),
      description,
    ]
  })
  return [`## ${title}`, ...(text === undefined ? [] : [text]), table(['key', 'value', 'default', 'meaning'], rows)].join('\n\n')
}

/** The values a key may have, in a few words. */
function valuesOf({ type, enum: values, minimum, maximum, pattern }: Key): string {
  if (values !== undefined) return values.map((value) => code(String(value))).join(' ')
  if (minimum !== undefined && maximum !== undefined) return `${type} ${minimum} to ${maximum}`
  return pattern === undefined ? String(type) : `${type} ${code(pattern)}`
}
