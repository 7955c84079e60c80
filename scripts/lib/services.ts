import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { BaseConfig } from '@headroom/kit/config'
import type { defineProblems } from '@headroom/kit/errors'
import type { ServiceDefinition } from '@headroom/kit/service'
import type { Document } from './openapi-types.ts'

/** The checkout these scripts work on. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Folders of services/ that hold a service, by name. A folder without app.ts is being written and holds none yet. */
export function serviceNames(): string[] {
  return readdirSync(`${root}/services`)
    .filter((name) => existsSync(`${root}/services/${name}/app.ts`))
    .sort()
}

/** A service's definition, as its main.ts would run it. */
export async function loadService(name: string): Promise<ServiceDefinition> {
  const { service } = (await import(`${root}/services/${name}/app.ts`)) as { service: ServiceDefinition }
  return service
}

/** The OpenAPI document that is committed beside a service. */
export function committedDocument(name: string): Document {
  return JSON.parse(readFileSync(`${root}/services/${name}/openapi.json`, 'utf8'))
}

/** One line of the error catalogue. */
export interface ProblemEntry {
  code: string
  status: number
  title: string
}

/** The codes a service adds to those any may answer. */
export async function problemsOf(name: string): Promise<ProblemEntry[]> {
  const path = `${root}/services/${name}/lib/problems.ts`
  if (!existsSync(path)) return []
  const { problems } = (await import(path)) as { problems: ReturnType<typeof defineProblems<string>> }
  return Object.values(problems).map((make) => {
    const { code, status, title } = make()
    return { code, status, title }
  })
}

export function versionOf(name: string): string {
  return JSON.parse(readFileSync(`${root}/services/${name}/package.json`, 'utf8')).version
}

/** Values for what a service's configuration requires, good enough to build it; nothing is connected until a request comes. */
export function placeholderEnv({ config }: ServiceDefinition<BaseConfig>): Record<string, string> {
  const env: Record<string, string> = { LOG_LEVEL: 'silent', PORT: '0', OPS_PORT: '0', HOST: '127.0.0.1' }
  for (const [key, schema] of Object.entries(config.properties)) {
    if ('default' in schema) continue
    env[key] = key.endsWith('_URL') ? 'http://127.0.0.1:9' : '127.0.0.1'
  }
  return env
}
