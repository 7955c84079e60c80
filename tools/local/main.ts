#!/usr/bin/env node
import { accessSync, constants, mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { LiveView } from '@headroom/report/live'
import { verdictText } from '@headroom/report/verdict'
import { surgeAndReport, Watch } from './demo.ts'
import { Engine } from './engine.ts'
import { help, type Options, parseOptions, UsageError } from './options.ts'

/** Ends the wait of whoever holds it: by a signal, or by a replica that died. */
class Interruption {
  readonly #listeners = new Set<(error: Error) => void>()
  #error: Error | undefined

  raise(error: Error): void {
    this.#error ??= error
    for (const listener of this.#listeners) listener(this.#error)
  }

  /** The promise, or the interruption if that comes first. */
  race<T>(promise: Promise<T>): Promise<T> {
    if (this.#error) return Promise.reject(this.#error)
    return new Promise<T>((resolve, reject) => {
      this.#listeners.add(reject)
      promise.then(resolve, reject).finally(() => this.#listeners.delete(reject))
    })
  }
}

class Stopped extends Error {}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2))
  if (!options) {
    process.stdout.write(help)
    return 0
  }
  prepareFolder(options.out)
  options.out = resolve(options.out)
  const view = new LiveView()
  const interruption = new Interruption()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.raise(new Stopped(`stopped by ${signal}`)))
  let watch: Watch | undefined
  const engine = new Engine({
    ...options,
    onNote: (text) => view.note(text),
    onDecision: (decision) => watch?.decided(decision),
    onCrash: (reason) => interruption.raise(new Error(reason)),
  })
  let undo = () => {}
  try {
    await interruption.race(engine.start())
    watch = new Watch(engine, view)
    watch.start()
    view.note(`ready: curl ${engine.url}/hello   ${engine.url}/api/events   KUBECONFIG=${engine.kubeconfigFile} kubectl get pods,hpa`)
    const code = options.command === 'start' ? 0 : await demo(engine, watch, view, options, interruption, (stop) => (undo = stop))
    if (options.command === 'start' || options.keep) await waitForStop(view, interruption)
    watch.stop()
    view.note('stopping')
    await engine.stop()
    return code
  } catch (error) {
    undo()
    watch?.stop()
    view.end()
    await engine.abort()
    if (error instanceof Stopped && options.command === 'start') return 0
    throw error
  }
}

async function demo(
  engine: Engine,
  watch: Watch,
  view: LiveView,
  options: Options,
  interruption: Interruption,
  onStop: (stop: () => void) => void,
) {
  const run = surgeAndReport(engine, watch, view, options, (surge) => onStop(() => surge.stop()))
  const verdicts = await interruption.race(run)
  view.note(`\n${verdictText(verdicts)}\n\nsummary: ${options.out}/summary.json   timeline: ${options.out}/timeline.csv`)
  return verdicts.every(({ holds }) => holds) ? 0 : 1
}

async function waitForStop(view: LiveView, interruption: Interruption): Promise<void> {
  view.note('running until Ctrl-C')
  await interruption.race(new Promise<never>(() => {})).catch((error) => {
    if (!(error instanceof Stopped)) throw error
  })
}

/** Fails before anything is started when results could not be written. */
function prepareFolder(out: string): void {
  try {
    mkdirSync(out, { recursive: true })
    accessSync(out, constants.W_OK)
  } catch (error) {
    throw new UsageError(`--out ${out}: cannot be written (${(error as NodeJS.ErrnoException).code}); name a folder that can`)
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = error instanceof UsageError ? 2 : error instanceof Stopped ? 130 : 1
}
