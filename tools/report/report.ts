import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Analysis, analyze } from './analysis.ts'
import { type Command, help, parseCommand } from './command.ts'
import { compared, type Run } from './compare.ts'
import { compareHtml } from './compare-html.ts'
import { UsageError } from './input-file.ts'
import { defaultLimits, type ReportLimits, readLimits } from './limits-file.ts'
import { defaultPolicies, type Policy, readPolicies } from './policy.ts'
import { type Recording, RecordingError, readRecording } from './recording.ts'
import { reportHtml } from './report-html.ts'
import { timelineCsv } from './timeline.ts'
import { type Verdict, verdictText } from './verdict.ts'

export interface Output {
  out: (text: string) => void
  error: (text: string) => void
}

/**
 * Runs one command line to its end. Everything is read and worked out before the first byte is written.
 * @returns the exit code: 0 all limits hold, 1 one does not, 2 for a mistake in what was asked, 64 for a recording that cannot be used
 */
export function runReport(args: string[], { out, error }: Output): number {
  try {
    const command = parseCommand(args)
    if (command === undefined) out(help)
    return command === undefined || obey(command, out) ? 0 : 1
  } catch (thrown) {
    if (!(thrown instanceof UsageError || thrown instanceof RecordingError)) throw thrown
    error(`${thrown.message}\n`)
    return thrown instanceof UsageError ? 2 : 64
  }
}

/**
 * The report of a run that has just ended, by the limits of its engine: writes report.html, report.json and report.csv beside
 * its recording and tells the verdicts and where they are. These are the verdicts of the run: there are no others.
 * @throws RecordingError for a recording that cannot be used, UsageError for a folder that cannot be written
 */
export function reportOn(folder: string, out: Output['out']): Verdict[] {
  const run = runOf(folder, readRecording(join(folder, 'recording.ndjson')), {}, defaultPolicies)
  writeReport(run, folder)
  out(`${told(run.analysis)}\n\n${join(folder, 'report.html')}\n`)
  return run.analysis.verdicts
}

/** True when every limit holds. */
function obey(command: Command, out: Output['out']): boolean {
  const { folders, compare } = command
  const limits = command.limits === undefined ? {} : readLimits(command.limits)
  const recordings = folders.map((folder) => readRecording(join(folder, 'recording.ndjson')))
  const policies = command.policy === undefined ? defaultPolicies : readPolicies(command.policy, recordings)
  const runs = recordings.map((recording, index) => runOf(folders[index] ?? '', recording, limits, policies))
  const [a, b] = runs
  if (a === undefined) throw new UsageError('name a folder; --help lists the options')
  const folder = command.out ?? (compare ? join('out', 'compare') : a.name)
  if (b === undefined) writeReport(a, folder)
  else {
    const comparison = compared(a, b)
    write(folder, { 'compare.html': compareHtml(a, b, comparison), 'compare.json': json(comparison) })
  }
  for (const { name, analysis } of runs) out(`${compare ? `${name}\n` : ''}${told(analysis)}\n`)
  out(`\n${join(folder, compare ? 'compare.html' : 'report.html')}\n`)
  return runs.every(({ analysis }) => analysis.holds)
}

/** @param limits in place of those of the recording's engine */
function runOf(name: string, recording: Recording, limits: Partial<ReportLimits>, policies: Policy[]): Run {
  return { name, recording, analysis: analyze(recording, { ...defaultLimits[recording.header.engine], ...limits }, policies) }
}

function writeReport({ recording, analysis }: Run, folder: string): void {
  write(folder, {
    'report.html': reportHtml(recording, analysis),
    'report.json': json(analysis),
    'report.csv': timelineCsv(recording.samples, recording.decisions),
  })
}

function told({ warnings, verdicts }: Analysis): string {
  return [...warnings.map((warning) => `warning: ${warning}`), verdictText(verdicts)].join('\n')
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

function write(folder: string, files: Record<string, string>): void {
  try {
    mkdirSync(folder, { recursive: true })
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  } catch (error) {
    throw new UsageError(`${folder}: cannot be written (${(error as NodeJS.ErrnoException).code}); name a folder that can with --out`)
  }
}
