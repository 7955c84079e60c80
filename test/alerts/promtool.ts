import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { root } from '../../scripts/lib/services.ts'

const run = promisify(execFile)

/** Runs promtool; resolves with what it says, and whether it is content. */
export async function promtool(...args: string[]): Promise<{ ok: boolean; said: string }> {
  try {
    const { stdout, stderr } = await run('promtool', args, { cwd: root })
    return { ok: true, said: stdout + stderr }
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as { stdout?: string; stderr?: string; message: string }
    return { ok: false, said: stdout + stderr || message }
  }
}

const found = await run('promtool', ['--version']).then(
  () => true,
  () => false,
)

/** Options for tests that need promtool: skipped with the fix where there is none. */
export const withPromtool = found
  ? {}
  : { skip: 'promtool is not on PATH: it comes with Prometheus, or `go install github.com/prometheus/prometheus/cmd/promtool@latest`' }
