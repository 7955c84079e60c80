#!/usr/bin/env node
import { UsageError } from './errors.ts'
import { type CommandLine, numberOf, parseCommandLine, type Values } from './flags.ts'
import { help } from './help.ts'
import { makeImages } from './image.ts'
import { imageNames } from './images.ts'
import { revision } from './revision.ts'
import { measureScale } from './scale.ts'
import { bringUp, type UpOptions } from './up.ts'

const note = (text: string) => void process.stdout.write(`${text}\n`)

try {
  const line = parseCommandLine(process.argv.slice(2))
  if (line) process.exitCode = (await obey(line)) ? 0 : 1
  else process.stdout.write(help)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}

async function obey({ command, values, names }: CommandLine): Promise<boolean> {
  switch (command) {
    case 'image':
      await image(values, names)
      return true
    case 'up':
      return await up(values)
    case 'scale':
      return await scale(values)
    default:
      throw new UsageError(command)
  }
}

async function image({ registry, push, tag }: Values, names: string[]): Promise<void> {
  const now = await revision()
  await makeImages({ names: await imageNames(names), registry, push, revision: { ...now, tag: tag ?? now.tag } }, note)
}

async function up(values: Values): Promise<boolean> {
  const { api, target } = await bringUp(upOptions(values), note)
  api.close()
  note(`the on-sale is up in namespace ${target.namespace}: kubectl -n ${target.namespace} port-forward service/headroom-gateway 3000:3000`)
  return true
}

async function scale(values: Values): Promise<boolean> {
  const verdicts = await measureScale({ registry: values.registry, tag: values.tag, seconds: numberOf(values, 'seconds', 5, 600) }, note)
  return verdicts.every(({ holds }) => holds)
}

function upOptions({ registry, tag, namespace, profile }: Values): UpOptions {
  return { kind: registry === undefined, registry, tag, namespace, profile }
}
