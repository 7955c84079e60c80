import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { parseDurationS } from './duration.ts'
import { checkStages, type Stage, UsageError } from './profile.ts'

const ROOT_KEYS = ['stages']
const STAGE_KEYS = ['name', 'rate', 'duration']
const FILE_BYTES_MAX = 64 * 1024

/**
 * Reads a profile from a YAML file of the form `stages: [{ name, rate, duration }]`.
 * @throws {UsageError} naming the file and the path of the first mistake
 */
export function readProfileFile(path: string): Stage[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`--profile ${path}: cannot be read (${error instanceof Error ? error.message : String(error)})`)
  }
  if (text.length > FILE_BYTES_MAX) throw new UsageError(`--profile ${path}: longer than ${FILE_BYTES_MAX} bytes`)
  try {
    return parseProfile(text)
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${path}: ${error.message}`)
    throw error
  }
}

/**
 * Stages of a profile written in YAML.
 * @throws {UsageError} with the path of the first mistake, such as `stages[1].rate: must be a number > 0`
 */
export function parseProfile(text: string): Stage[] {
  let document: unknown
  try {
    document = parse(text)
  } catch (error) {
    throw new UsageError(`not YAML: ${error instanceof Error ? error.message.split('\n', 1)[0] : String(error)}`)
  }
  const { stages } = closedObject(document, '', ROOT_KEYS)
  if (!Array.isArray(stages)) throw new UsageError('stages: must be a list')
  const parsed = stages.map((stage, index) => parseStage(stage, `stages[${index}]`))
  checkStages(parsed)
  return parsed
}

function parseStage(value: unknown, path: string): Stage {
  const { name, rate, duration } = closedObject(value, path, STAGE_KEYS)
  if (typeof name !== 'string' || !/^[\w-]{1,40}$/.test(name)) {
    throw new UsageError(`${path}.name: must be 1 to 40 letters, digits, "-" or "_"`)
  }
  if (typeof rate !== 'number' || !Number.isFinite(rate) || rate <= 0) throw new UsageError(`${path}.rate: must be a number > 0`)
  const durationS = typeof duration === 'string' ? parseDurationS(duration) : null
  if (durationS === null) throw new UsageError(`${path}.duration: must be a duration such as 500ms, 20s or 2m`)
  return { name, durationS, ratePerS: rate }
}

function closedObject(value: unknown, path: string, keys: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(`${path === '' ? 'the file' : path}: must be a mapping with the keys ${keys.join(', ')}`)
  }
  for (const key of Object.keys(value)) {
    if (!keys.includes(key)) throw new UsageError(`${path === '' ? key : `${path}.${key}`}: unknown key, must be one of ${keys.join(', ')}`)
  }
  return value as Record<string, unknown>
}
