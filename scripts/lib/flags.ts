import { type ParseArgsConfig, parseArgs } from 'node:util'

/**
 * Reads a script's flags. `--help` prints the usage and ends the process with 0; a flag that is not one, with a sentence and 2.
 * @param options as of node:util parseArgs; `help` is added
 */
export function readFlags<O extends NonNullable<ParseArgsConfig['options']>>(usage: string, options: O, positionals = false) {
  try {
    const parsed = parseArgs({ options: { ...options, help: { type: 'boolean', default: false } }, allowPositionals: positionals })
    if (!(parsed.values as { help?: boolean }).help) return parsed as ReturnType<typeof parseArgs<{ options: O; allowPositionals: true }>>
    process.stdout.write(usage)
    process.exit(0)
  } catch (error) {
    process.stderr.write(`${(error as Error).message.split('\n')[0]}\n${usage}`)
    process.exit(2)
  }
}
