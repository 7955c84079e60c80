import { identifierOf } from './service-name.ts'

/** The service that new ones are copied from. */
export const template = 'hello'

/**
 * One file of the template as the new service has it.
 * @param path within the service's folder
 */
export function copiedFile(path: string, text: string, name: string): { path: string; text: string } {
  const renamed = text
    .split('\n')
    .filter((line) => !line.startsWith('This folder is the template of new services'))
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    // Where TypeScript wants an identifier a hyphen cannot stand.
    .replace(/(import \{ |register\(|function )hello\b/g, (_, before: string) => before + identifierOf(name))
    .replace(/\bhello\b/g, name)
  return { path: path.replace(/\bhello\b/g, name), text: renamed }
}

/** package-lock.json with the new workspace in it, as npm would write it: no other package changes, so no registry is asked. */
export function withWorkspace(lockfile: string, name: string): string {
  const lock = JSON.parse(lockfile) as { packages: Record<string, object> }
  const like = lock.packages[`services/${template}`]
  if (like === undefined) throw new Error(`package-lock.json has no services/${template}: run npm install first`)
  const packages: Record<string, object> = {
    ...lock.packages,
    [`node_modules/@headroom/${name}`]: { resolved: `services/${name}`, link: true },
    [`services/${name}`]: { ...like, name: `@headroom/${name}` },
  }
  const sorted = Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en'))
  return `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, undefined, 2)}\n`
}
