import { accessSync, constants, mkdirSync, rmSync } from 'node:fs'
import { constants as os } from 'node:os'
import { join, resolve } from 'node:path'
import { LiveView } from '@headroom/report/live'
import { surgeAndReport } from './demo.ts'
import { Engine } from './engine.ts'
import { openPage } from './open-page.ts'
import { help, type Options, parseOptions, UsageError } from './options.ts'
import { Watch } from './watch.ts'

/** What a surge leaves. One that is ended early must not seem to have left what an earlier one did. */
const results = [
  'summary.json',
  'timeline.csv',
  'invariants.json',
  'acks.ndjson',
  'recording.ndjson',
  'report.html',
  'report.json',
  'report.csv',
]

/** A second signal is the first one again, which npm passes on after the terminal has sent it to everybody; later it means "now". */
const impatientAfterMs = 1000

/** Somebody asked for the end. */
class Stopped extends Error {
  readonly exitCode: number

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`stopped by ${signal}`)
    this.exitCode = 128 + os.signals[signal]
  }
}

/**
 * Runs one command line to its end.
 * @param root the folder of charts/ and services/
 * @returns the exit code: 0 done (demo: and every limit held), 1 not, 2 for a mistake on the command line, 128 + the signal's number when that ended it
 */
export async function runLocal(args: string[], root: URL): Promise<number> {
  try {
    const options = parseOptions(args)
    if (options) return await runEngine({ ...options, out: prepareFolder(options) }, root)
    process.stdout.write(help)
    return 0
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    if (error instanceof UsageError) return 2
    return error instanceof Stopped ? error.exitCode : 1
  }
}

async function runEngine(options: Options, root: URL): Promise<number> {
  const interruption = interruptedBySignals()
  const { signal } = interruption
  const view = new LiveView()
  let watch: Watch | undefined
  const engine = new Engine({
    ...options,
    root,
    // The profile's five seconds are for a node that all pods share; a surge of two minutes on one machine is followed by the second.
    env: { observer: { SCRAPE_INTERVAL_MS: '1000' } },
    onNote: (text) => view.note(text),
    onDecision: (decision) => watch?.decided(decision),
    onCrash: (reason) => interruption.abort(new Error(reason)),
  })
  try {
    await engine.start(signal)
    watch = new Watch(engine, view)
    view.note(`ready: curl ${engine.url}/hello   ${engine.url}/api/events   KUBECONFIG=${engine.kubeconfigFile} kubectl get pods,hpa`)
    view.note(`live page: ${engine.pageUrl}/   storefront: ${engine.url}/`)
    if (options.open) openPage(`${engine.pageUrl}/`)
    const code = options.command === 'start' ? await startOnly(engine, watch) : await demo(engine, watch, view, options, signal)
    if (options.command === 'start' || options.keep) await untilStopped(view, signal)
    watch.stop()
    view.note('stopping')
    await engine.stop()
    return code
  } catch (error) {
    watch?.stop()
    view.end()
    await engine.abort()
    throw signal.aborted ? signal.reason : error
  }
}

async function startOnly(engine: Engine, watch: Watch): Promise<number> {
  engine.autoscale()
  watch.start()
  return 0
}

async function demo(engine: Engine, watch: Watch, view: LiveView, options: Options, signal: AbortSignal): Promise<number> {
  const verdicts = await surgeAndReport(engine, watch, view, options, signal)
  view.note(`summary: ${options.out}/summary.json   timeline: ${options.out}/timeline.csv   recording: ${options.out}/recording.ndjson`)
  return verdicts.every(({ holds }) => holds) ? 0 : 1
}

/** Resolves when a signal asks for the end; rejects when a service has crashed. */
async function untilStopped(view: LiveView, signal: AbortSignal): Promise<void> {
  view.note('running until Ctrl-C')
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  if (!(signal.reason instanceof Stopped)) throw signal.reason
}

/** The first signal ends the run in order. One that comes later, while that takes its time, ends this process, and with it what it has started. */
function interruptedBySignals(): AbortController {
  const interruption = new AbortController()
  let firstAtMs: number | undefined
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      const stopped = new Stopped(name)
      firstAtMs ??= performance.now()
      if (performance.now() - firstAtMs > impatientAfterMs) process.exit(stopped.exitCode)
      interruption.abort(stopped)
    })
  }
  return interruption
}

/** Fails before anything is started when results could not be written; a new surge takes away those of an earlier one. */
function prepareFolder({ out, command }: Options): string {
  const folder = resolve(out)
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
    for (const file of command === 'demo' ? results : []) rmSync(join(folder, file), { force: true })
  } catch (error) {
    throw new UsageError(`--out ${out}: cannot be written (${(error as NodeJS.ErrnoException).code}); name a folder that can`)
  }
  return folder
}
