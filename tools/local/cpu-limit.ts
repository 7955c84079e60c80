/**
 * A CPU limit for one Node process, as a preload: `CPU_LIMIT_MILLICORES=200 node --import .../cpu-limit.ts main.ts`.
 *
 * It stands in for the kernel's bandwidth control of a pod (https://docs.kernel.org/scheduler/sched-bwc.html): in each
 * period of 100 ms the process may use its quota of CPU time, all threads counted; then it sleeps until the next one.
 * The process measures itself, every 5 ms that its event loop turns, so one long piece of work runs to its end and the
 * overdraft is carried over as debt: the mean is right, a single pause may come late. Start-up is charged like the rest.
 * While next to nothing is used it looks once a period, and again with the next request: waking up has a price, and it is the process that pays.
 * Only the main thread can be stopped: a worker that never waits for it would run on, charged but not held back.
 */
import { subscribe } from 'node:diagnostics_channel'
import { performance } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

const PERIOD_MS = 100
const CHECK_INTERVAL_MS = 5
const IDLE_CHECK_INTERVAL_MS = PERIOD_MS
/** Share of a core below which a process counts as idle. */
const IDLE_SHARE = 0.05

const millicores = limitFrom(process.env.CPU_LIMIT_MILLICORES)
const quotaMs = ((millicores ?? 0) / 1000) * PERIOD_MS
const never = new Int32Array(new SharedArrayBuffer(4))

let periodEndMs = PERIOD_MS
/** CPU time charged to the present period, debt of earlier ones included. */
let chargedMs = 0
let seenCpuMs = 0
/** Since the last look, the pause after it left out. */
let awakeSinceMs = 0
let idle = false
let timer: NodeJS.Timeout | undefined
let sleptMs = 0

/** How long this process has been held back, in seconds, as `container_cpu_cfs_throttled_seconds_total` counts it. */
export function throttledSeconds(): number {
  return sleptMs / 1000
}

// A worker's CPU time is part of the process's, so the main thread alone keeps the account.
if (millicores !== undefined && isMainThread) {
  // Services can show the figure without importing a tool.
  Object.assign(globalThis, { [Symbol.for('headroom.cpu-limit.throttled-seconds')]: throttledSeconds })
  watch()
  subscribe('http.server.request.start', watchClosely)
}

function watch(): void {
  const cpuMsBefore = seenCpuMs
  const awakeMs = performance.now() - awakeSinceMs
  enforce()
  awakeSinceMs = performance.now()
  idle = seenCpuMs - cpuMsBefore < awakeMs * IDLE_SHARE
  timer = setTimeout(watch, idle ? IDLE_CHECK_INTERVAL_MS : CHECK_INTERVAL_MS).unref()
}

/** A request ends an idle time: from now on the process is looked at closely again. */
function watchClosely(): void {
  if (!idle) return
  idle = false
  clearTimeout(timer)
  timer = setTimeout(watch, CHECK_INTERVAL_MS).unref()
}

function enforce(): void {
  const { user, system } = process.cpuUsage()
  const cpuMs = (user + system) / 1000
  chargedMs += cpuMs - seenCpuMs
  seenCpuMs = cpuMs
  // performance.now() counts from the start of the process, as CPU time does.
  const nowMs = performance.now()
  while (nowMs >= periodEndMs) beginPeriod()
  if (chargedMs < quotaMs) return
  while (chargedMs >= quotaMs) beginPeriod()
  const pauseMs = periodEndMs - PERIOD_MS - nowMs
  Atomics.wait(never, 0, 0, pauseMs)
  sleptMs += performance.now() - nowMs
}

/** A new period brings a new quota. What was not used is lost; what was overdrawn is paid first. */
function beginPeriod(): void {
  periodEndMs += PERIOD_MS
  chargedMs = Math.max(0, chargedMs - quotaMs)
}

function limitFrom(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  const value = Number(text)
  if (Number.isFinite(value) && value > 0) return value
  throw new RangeError(`CPU_LIMIT_MILLICORES is "${text}"; set it to a number above 0, such as 200 for a fifth of a core, or leave it out`)
}
