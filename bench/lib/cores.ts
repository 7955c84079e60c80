import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * Gives this process and what it starts one core, and what it measures another: an arm that shares a core with its client or its peer finds
 * the caches cold, and the same arm then costs a third more or less from run to run.
 * @returns what moves a process to the core of the arms; where there is none, it leaves the process where it is, and stderr says so
 */
export function divideCores(): (pid: number) => void {
  try {
    const [own, arms] = allowedCores()
    if (own === undefined || arms === undefined) throw new Error('one CPU')
    move(process.pid, own)
    return (pid) => move(pid, arms)
  } catch {
    process.stderr.write(
      'no core for the arms alone (that needs Linux, two CPUs and taskset): they share theirs with client and peer, and ratios vary\n',
    )
    return () => {}
  }
}

/** The CPUs that this process may run on. */
function allowedCores(): number[] {
  const list = /^Cpus_allowed_list:\s*(.+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? ''
  return list.split(',').flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}

/** All threads of the process, and those that it makes from now on. */
function move(pid: number, core: number): void {
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(core), String(pid)], { stdio: 'ignore' })
}
