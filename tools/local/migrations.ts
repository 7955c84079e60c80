import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/**
 * Runs a service's migrate.ts to its end, as the migration Job does before the pods of a release start.
 * @throws Error with what it printed when it fails
 */
export async function runMigration(migrate: URL, env: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, [fileURLToPath(migrate)], {
    env: { ...env, PATH: process.env.PATH ?? '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk))
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  if (code !== 0) throw new Error(`${fileURLToPath(migrate)} exited with ${code}: ${printed.trim()}`)
  return printed.trim()
}
