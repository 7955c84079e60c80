import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { UsageError } from './errors.ts'
import type { Profile } from './target.ts'

const flags = {
  help: { type: 'boolean', default: false },
  kind: { type: 'boolean', default: false },
  push: { type: 'boolean', default: false },
  quick: { type: 'boolean', default: false },
  registry: { type: 'string' },
  tag: { type: 'string' },
  service: { type: 'string' },
  namespace: { type: 'string', default: 'headroom' },
  profile: { type: 'string', default: 'kind' },
  rate: { type: 'string', default: '4' },
  factor: { type: 'string', default: '20' },
  calm: { type: 'string', default: '30' },
  surge: { type: 'string', default: '150' },
  after: { type: 'string', default: '240' },
  seconds: { type: 'string', default: '20' },
  out: { type: 'string', default: 'out/kind-demo' },
} as const satisfies ParseArgsOptionsConfig

type Flag = keyof typeof flags

const cluster: Flag[] = ['kind', 'registry', 'namespace']

/** Which flags each command understands; positionals are taken by `image` alone. */
const commands = {
  image: ['registry', 'push', 'tag'],
  up: [...cluster, 'tag', 'profile'],
  demo: [...cluster, 'tag', 'profile', 'rate', 'factor', 'calm', 'surge', 'after', 'out'],
  scale: [...cluster, 'tag', 'seconds'],
  nodes: ['namespace', 'tag', 'rate', 'quick'],
  release: ['kind', 'namespace', 'service', 'tag'],
  doctor: ['kind', 'namespace'],
} as const satisfies Record<string, Flag[]>

export type CommandName = keyof typeof commands

export type Values = Omit<ReturnType<typeof parse>['values'], 'profile'> & { profile: Profile }

export interface CommandLine {
  command: CommandName
  values: Values
  /** What `image` is told to build. */
  names: string[]
}

/**
 * Reads the command line.
 * @returns undefined when help was asked for
 * @throws UsageError naming the flag and the fix
 */
export function parseCommandLine(args: string[]): CommandLine | undefined {
  const { values, positionals, tokens } = parse(args)
  if (values.help) return undefined
  const [command, ...names] = positionals
  if (!isCommand(command))
    throw new UsageError(
      `${command === undefined ? 'Say what to do' : `"${command}" is no command`}: ${Object.keys(commands).join(', ')}. --help tells more.`,
    )
  if (names.length > 0 && command !== 'image')
    throw new UsageError(`"${names[0]}" is not expected after ${command}. --help lists the flags.`)
  const known: readonly string[] = commands[command]
  for (const token of tokens) {
    if (token.kind === 'option' && !known.includes(token.name))
      throw new UsageError(`--${token.name} is no flag of ${command}; it takes ${known.map((name) => `--${name}`).join(' ')}.`)
  }
  check(command, values)
  const { profile } = values
  if (profile !== 'kind' && profile !== 'kind-ha') throw new UsageError(`--profile ${profile}: kind or kind-ha.`)
  return { command, values: { ...values, profile }, names }
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: flags, allowPositionals: true, strict: true, tokens: true })
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ', 1)[0]}. --help lists the flags.`)
  }
}

function isCommand(name: string | undefined): name is CommandName {
  return name !== undefined && Object.hasOwn(commands, name)
}

function check(command: CommandName, { kind, registry, push, service, tag, namespace }: Omit<Values, 'profile'>): void {
  if (push && !registry) throw new UsageError('--push needs --registry: where to push to.')
  if (tag === 'latest') throw new UsageError('--tag latest: name a version; latest says nothing about what runs.')
  if (tag !== undefined && !/^[\w][\w.-]{0,127}$/.test(tag))
    throw new UsageError(`--tag ${tag}: letters, digits, ".", "_" and "-", at most 128.`)
  if (registry !== undefined && !/^[a-z0-9][a-z0-9./:_-]*$/.test(registry))
    throw new UsageError(`--registry ${registry}: give a host and a path, like registry.example/team.`)
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(namespace))
    throw new UsageError(`--namespace ${namespace}: lower case letters, digits and "-".`)
  if (command === 'release' && !service) throw new UsageError('release needs --service: which one to upgrade, like --service orders.')
  if (command === 'release' && !tag) throw new UsageError('release needs --tag: which image to upgrade to.')
  if (command === 'demo' && kind === Boolean(registry))
    throw new UsageError('demo needs either --kind, or --registry for the cluster of the current kubeconfig context.')
}

/** A number of a flag. @throws UsageError naming the flag and the range */
export function numberOf(
  values: Values,
  flag: 'rate' | 'factor' | 'calm' | 'surge' | 'after' | 'seconds',
  least: number,
  most: number,
): number {
  const text = values[flag]
  const value = Number(text)
  if (text.trim() !== '' && value >= least && value <= most) return value
  throw new UsageError(`--${flag} ${text}: must be a number from ${least} to ${most}.`)
}
