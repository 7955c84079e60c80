import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

const FILE_BYTES_MAX = 64 * 1024

/** A mistake on the command line or in a file it names; the message names the flag or key and the fix. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/**
 * Reads a YAML file, and so a JSON one.
 * @param flag the one that named the file, for messages
 * @throws UsageError when it cannot be read, is too long, or is not YAML
 */
export function readYaml(flag: string, path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`${flag} ${path}: cannot be read (${(error as NodeJS.ErrnoException).code}); name a file that can`)
  }
  if (text.length > FILE_BYTES_MAX) throw new UsageError(`${flag} ${path}: longer than ${FILE_BYTES_MAX} bytes`)
  try {
    return parse(text)
  } catch (error) {
    throw new UsageError(`${flag} ${path}: not YAML: ${(error as Error).message.split('\n', 1)[0]}`)
  }
}
