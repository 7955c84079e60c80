#!/usr/bin/env node
import { requireTools } from './command.ts'
import { surgeOnCluster } from './demo.ts'
import { examine } from './doctor.ts'
import { UsageError } from './errors.ts'
import { type CommandLine, numberOf, parseCommandLine, type Values } from './flags.ts'
import { help } from './help.ts'
import { makeImages } from './image.ts'
import { imageNames } from './images.ts'
import { upgradeService } from './install.ts'
import { kindName } from './kind.ts'
import { KubeApi } from './kube-api.ts'
import { rehearseNodes } from './nodes.ts'
import { revision } from './revision.ts'
import { waitForRollout } from './rollout.ts'
import { measureScale } from './scale.ts'
import type { Target } from './target.ts'
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
    case 'demo':
      return await demo(values)
    case 'scale':
      return await scale(values)
    case 'nodes':
      return await nodes(values)
    case 'release':
      await releaseService(values)
      return true
    case 'doctor':
      return await doctor(values)
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

async function demo(values: Values): Promise<boolean> {
  const options = {
    rate: numberOf(values, 'rate', 1, 5000),
    factor: numberOf(values, 'factor', 1, 100),
    calmS: numberOf(values, 'calm', 1, 3600),
    surgeS: numberOf(values, 'surge', 1, 3600),
    afterS: numberOf(values, 'after', 1, 3600),
  }
  const onSale = await bringUp(upOptions(values), note)
  try {
    const { verdicts } = await surgeOnCluster(onSale, options, values.out)
    return verdicts.every(({ holds }) => holds)
  } finally {
    onSale.api.close()
  }
}

async function releaseService(values: Values): Promise<void> {
  const { service = '', tag = '' } = values
  await withApi(values, async (target, api) => {
    await upgradeService(target, service, tag)
    await waitForRollout(target, api, note)
  })
}

async function doctor(values: Values): Promise<boolean> {
  return await withApi(values, (target, api) => examine(target, api, note))
}

/** For commands on what is installed already: in the current context, as kubectl and helm themselves, or in kind. */
async function withApi<T>({ kind, namespace }: Values, act: (target: Target, api: KubeApi) => Promise<T>): Promise<T> {
  await requireTools(['kubectl', 'helm'])
  const target: Target = { context: kind ? `kind-${await kindName()}` : undefined, namespace }
  const api = await KubeApi.open(target)
  try {
    return await act(target, api)
  } finally {
    api.close()
  }
}

async function scale(values: Values): Promise<boolean> {
  const verdicts = await measureScale({ registry: values.registry, tag: values.tag, seconds: numberOf(values, 'seconds', 5, 600) }, note)
  return verdicts.every(({ holds }) => holds)
}

async function nodes(values: Values): Promise<boolean> {
  const { namespace, tag, quick } = values
  const ratePerS = numberOf(values, 'rate', 1, 100)
  const onSale = await bringUp({ kind: true, registry: undefined, tag, namespace, profile: 'kind-ha' }, note)
  try {
    return (await rehearseNodes(onSale, { ratePerS, quick }, note)).every(({ holds }) => holds)
  } finally {
    onSale.api.close()
  }
}

function upOptions({ registry, tag, namespace, profile }: Values): UpOptions {
  return { kind: registry === undefined, registry, tag, namespace, profile }
}
