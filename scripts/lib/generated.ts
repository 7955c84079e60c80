import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { root } from './services.ts'

/** Marks a generated file, in whatever comment syntax it has. */
export const generatedNote = 'Generated: do not edit, run `npm run generate`.'

/**
 * Writes a generated file, or with `check` compares it and says what to run.
 * @returns whether the file was already as it should be
 */
export function emit(path: string, text: string, check: boolean): boolean {
  const fresh = existsSync(path) && readFileSync(path, 'utf8') === text
  if (fresh) return true
  const name = relative(root, path)
  if (check) process.stderr.write(`${name} is stale: run \`npm run generate\` and commit what changes.\n`)
  else {
    writeFileSync(path, text)
    process.stdout.write(`wrote ${name}\n`)
  }
  return false
}
