/** The server itself: a process that ends with us, on a port that was free. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import pg from 'pg'
import { freePorts } from './ports.ts'
import { type Account, sentenceFor } from './postgres-setup.ts'

export const HOST = '127.0.0.1'
export const SUPERUSER = 'postgres'
const START_ATTEMPTS = 3
const READY_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 10_000
const POLL_INTERVAL_MS = 25
const WORDS_CHARACTERS_MAX = 4000

// Commits stay durable (fsync and synchronous_commit as they come): the run proves promises that a crash must not break.
const SETTINGS = {
  listen_addresses: HOST,
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '64MB',
  // Nothing replicates from this server, so the log can carry less.
  wal_level: 'minimal',
  max_wal_senders: '0',
  timezone: 'UTC',
  log_timezone: 'UTC',
}

export interface Server {
  port: number
  stop: () => Promise<void>
  /** Kills it as a machine that loses power does, without a word or a checkpoint; its data stays. */
  crash: () => Promise<void>
  /** Starts it again on the same data and port. */
  restart: () => Promise<void>
}

/** Another process may take the chosen port before Postgres does: then it is tried again with a new one. */
export async function startServer(
  binary: string,
  dataPath: string,
  account: Account,
  logFile: string | undefined,
  password: string,
  signal: AbortSignal | undefined,
): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    const [port = 0] = await freePorts(1)
    const server = launch(binary, dataPath, account, logFile, port)
    try {
      await untilReady(server, port, password, signal)
      return running(server, port, () => launch(binary, dataPath, account, logFile, port), password)
    } catch (error) {
      await server.stop()
      signal?.throwIfAborted()
      const taken = /Address already in use|could not bind/.test(server.words())
      if (!taken || attempt === START_ATTEMPTS) throw new Error(sentenceFor('Postgres did not start', server.words() || String(error)))
    }
  }
}

function running(first: Launched, port: number, again: () => Launched, password: string): Server {
  let server = first
  return {
    port,
    stop: () => server.stop(),
    crash: async () => {
      server.child.kill('SIGKILL')
      await server.exited
    },
    restart: async () => {
      server = again()
      await untilReady(server, port, password, undefined)
    },
  }
}

interface Launched {
  child: ChildProcess
  /** The last of what it wrote. */
  words: () => string
  exited: Promise<void>
  stop: () => Promise<void>
}

// The watcher's `$$` is the shell's pid, which exec hands on to Postgres. SIGINT is Postgres's fast shutdown.
const WATCHED = 'exec 3<&0; (cat <&3; kill -INT $$) >/dev/null 2>&1 & exec "$@" 3<&- </dev/null'

function launch(binary: string, dataPath: string, account: Account, logFile: string | undefined, port: number): Launched {
  const settings = Object.entries({ ...SETTINGS, port: String(port) }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn('/bin/sh', ['-c', WATCHED, 'postgres', binary, '-D', dataPath, ...settings], {
    cwd: dataPath,
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
    ...account,
  })
  let words = ''
  child.stderr?.on('data', (chunk) => {
    words = `${words}${chunk}`.slice(-WORDS_CHARACTERS_MAX)
  })
  if (logFile !== undefined) child.stderr?.pipe(createWriteStream(logFile, { flags: 'a' }))
  // A write to a server that has just ended is no news.
  child.stdin?.on('error', () => {})
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', (error) => {
      words += error.message
      resolve()
    })
  })
  // Lets the watcher go when the server ended by itself.
  void exited.then(() => child.stdin?.end())
  const stop = async () => {
    child.stdin?.end()
    const kill = setTimeout(() => child.kill('SIGQUIT'), STOP_TIMEOUT_MS)
    await exited
    clearTimeout(kill)
  }
  return { child, words: () => words, exited, stop }
}

async function untilReady({ child }: Launched, port: number, password: string, signal: AbortSignal | undefined): Promise<void> {
  const deadlineMs = performance.now() + READY_TIMEOUT_MS
  while (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const client = new pg.Client({ host: HOST, port, user: SUPERUSER, password, database: SUPERUSER, connectionTimeoutMillis: 1000 })
    try {
      await client.connect()
      await client.end()
      return
    } catch (error) {
      signal?.throwIfAborted()
      if (performance.now() > deadlineMs) throw error
      await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS))
    }
  }
  throw new Error('the server ended at once')
}
