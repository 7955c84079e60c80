import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { cpuTimesS } from '../tools/local/cpu-time.ts'

/** The claim: 20 browsers on the live page at once cost observer less than 5 % of a core. */
const sharePercentMax = 5
const readersCount = 20
const local = fileURLToPath(new URL('../tools/local/main.ts', import.meta.url))

const help = `Usage: npm run bench -- page [--seconds 30]

CPU of observer while nobody and while ${readersCount} readers follow GET /fleet/stream of the on-sale on this machine, which is under no load.
`

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { seconds: { type: 'string', default: '30' }, help: { type: 'boolean', default: false } } })
  if (values.help) return void process.stdout.write(help)
  const seconds = Number(values.seconds)
  const child = spawn(process.execPath, [local, 'start', '--no-cpu-limit', '--port', '0', '--out', 'out/bench/page'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const page = await pageOf(child.stdout)
    const pid = observerPid(child.pid as number)
    await delay(10_000)
    const alone = await percentOf(pid, seconds)
    const bytes = follow(`${page}/fleet/stream`)
    await delay(2000)
    const before = bytes()
    const followed = await percentOf(pid, seconds)
    const extra = followed - alone
    const perS = Math.round((bytes() - before) / seconds / readersCount)
    process.stdout.write(
      `observer: ${alone.toFixed(1)} % of a core alone, ${followed.toFixed(1)} % with ${readersCount} readers of ${perS} bytes/s each\n`,
    )
    process.stdout.write(
      `${readersCount} readers cost ${extra.toFixed(1)} %, target < ${sharePercentMax} %: ${extra < sharePercentMax ? 'met' : 'missed'}\n`,
    )
    await mkdir('out/bench', { recursive: true })
    await writeFile('out/bench/page.json', `${JSON.stringify({ name: 'page', alone, followed, extra, sharePercentMax }, undefined, 2)}\n`)
  } finally {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  // What is left are the readers' sockets.
  process.exit()
}

async function pageOf(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const found = /live page: (\S+?)\/? /.exec(line)
    if (found) return found[1] as string
  }
  throw new Error('the on-sale did not start')
}

/** The observer among this on-sale's processes. */
function observerPid(parent: number): number {
  const rows = execFileSync('ps', ['-axo', 'pid=,ppid=,command='], { encoding: 'utf8' }).split('\n')
  const row = rows
    .map((text) => text.trim().split(/\s+/))
    .find(([, ppid, ...command]) => ppid === String(parent) && /services\/observer\/main\.ts/.test(command.join(' ')))
  if (row === undefined) throw new Error('no observer is running')
  return Number(row[0])
}

async function percentOf(pid: number, seconds: number): Promise<number> {
  const at = async () => (await cpuTimesS([pid])).get(pid) ?? 0
  const before = await at()
  await delay(seconds * 1000)
  return (((await at()) - before) / seconds) * 100
}

/** @returns how many bytes all readers have got by now */
function follow(url: string): () => number {
  let bytes = 0
  for (let i = 0; i < readersCount; i++) get(url, (reply) => reply.on('data', (part: Buffer) => (bytes += part.length)))
  return () => bytes
}
