import { fileURLToPath } from 'node:url'
import { spawnNode } from './child.ts'

/**
 * Runs a service's migrate.ts to its end, as the migration Job does before the pods of a release start.
 * @param signal ends it early
 * @returns what it printed
 * @throws Error with what it printed when it fails
 */
export async function runMigration(migrate: URL, env: Record<string, string>, signal?: AbortSignal): Promise<string> {
  const child = spawnNode({ main: migrate, env, signal })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (printed += chunk))
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  if (code !== 0) throw new Error(`${fileURLToPath(migrate)} exited with ${code ?? child.signalCode}: ${printed.trim()}`)
  return printed.trim()
}
