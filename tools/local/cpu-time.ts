import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** USER_HZ: the kernel reports process times in hundredths of a second on every Linux platform Node supports. */
const ticksPerS = 100

/**
 * CPU time used so far by each process, in seconds; a process that is gone is left out.
 * Reads /proc on Linux and asks `ps` elsewhere: asking the replica itself would spend the CPU that is being measured.
 */
export async function cpuTimesS(pids: number[]): Promise<Map<number, number>> {
  if (pids.length === 0) return new Map()
  return process.platform === 'linux' ? await fromProc(pids) : await fromPs(pids)
}

async function fromProc(pids: number[]): Promise<Map<number, number>> {
  const times = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
      // The command name, in parentheses, may hold spaces; utime and stime are fields 14 and 15.
      const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
      return fields ? ([pid, (Number(fields[11]) + Number(fields[12])) / ticksPerS] as const) : undefined
    }),
  )
  return new Map(times.filter((entry) => entry !== undefined))
}

async function fromPs(pids: number[]): Promise<Map<number, number>> {
  const { stdout } = await run('ps', ['-o', 'pid=,time=', '-p', pids.join(',')]).catch((error: { stdout?: string }) => ({
    stdout: error.stdout ?? '',
  }))
  return new Map(
    stdout.split('\n').flatMap((row) => {
      const [pid, time] = row.trim().split(/\s+/)
      if (!pid || !time) return []
      const seconds = time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
      return [[Number(pid), seconds] as const]
    }),
  )
}
