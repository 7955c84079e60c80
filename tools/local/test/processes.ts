/** What runs on this machine, so that tests can tell that nothing was left behind. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

interface Process {
  pid: number
  parent: number
  command: string
}

function processes(): Process[] {
  return process.platform === 'linux' ? fromProc() : fromPs()
}

function fromProc(): Process[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      // Behind the name, which may hold anything: state and parent.
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')
      // A process that has ended stays listed until its parent asks.
      return state === 'Z' ? [] : [{ pid: Number(name), parent: Number(parent), command }]
    } catch {
      return []
    }
  })
}

function fromPs(): Process[] {
  const rows = execFileSync('ps', ['-Aww', '-o', 'pid=,ppid=,stat=,command='], { encoding: 'utf8' }).split('\n')
  return rows.flatMap((row) => {
    const [, pid, parent, state, command = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(row) ?? []
    return pid === undefined || state?.startsWith('Z') ? [] : [{ pid: Number(pid), parent: Number(parent), command }]
  })
}

/** A process's descendants as they are now. */
export function descendantsOf(pid: number): number[] {
  const all = processes()
  const found = [pid]
  for (const parent of found) found.push(...all.filter((process) => process.parent === parent).map(({ pid }) => pid))
  return found.slice(1)
}

/** Command lines of the processes that live and are among these, or have the text in their command line; a moment is given to the dying. */
export async function leftOver(pids: Iterable<number>, text: string, withinMs = 10_000): Promise<string[]> {
  const known = new Set(pids)
  const deadlineMs = performance.now() + withinMs
  for (;;) {
    const left = processes().filter(({ pid, command }) => pid !== process.pid && (known.has(pid) || command.includes(text)))
    if (left.length === 0 || performance.now() > deadlineMs) return left.map(({ command }) => command)
    await delay(20)
  }
}
