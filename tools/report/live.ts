import { type Decision, decisionLine, type Sample } from './sample.ts'

/** Where the view writes; process.stdout is one. */
interface Screen {
  isTTY?: boolean
  columns?: number
  write(text: string): unknown
}

const columns = ['service', 'now', 'want', 'ready', 'CPU/target', 'req/s', 'p99 ms', 'shed/s', 'failed/s'] as const
const widths = [12, 4, 5, 6, 11, 8, 8, 8, 9]

/**
 * The terminal's view of a run: a row per service, redrawn in place, with notes and decisions scrolling above it.
 * Where output is not a terminal, notes and decisions are lines and the table is printed every `everyS` seconds.
 */
export class LiveView {
  readonly #screen: Screen
  readonly #everyS: number
  #drawn = 0
  #lastAtS = Number.NEGATIVE_INFINITY
  #table: string[] = []

  constructor(screen: Screen = process.stdout, everyS = 10) {
    this.#screen = screen
    this.#everyS = everyS
  }

  /** One line that stays. */
  note(text: string): void {
    this.#erase()
    this.#screen.write(`${text}\n`)
    this.#draw()
  }

  decision(decision: Decision): void {
    this.note(`${clock(decision.atS)}  ${decisionLine(decision)}`)
  }

  sample(sample: Sample): void {
    this.#table = render(sample)
    if (this.#screen.isTTY) {
      this.#erase()
      this.#draw()
    } else if (sample.atS - this.#lastAtS >= this.#everyS) {
      this.#lastAtS = sample.atS
      this.#screen.write(`${this.#table.join('\n')}\n`)
    }
  }

  /** Leaves the last table standing. */
  end(): void {
    this.#drawn = 0
    this.#table = []
  }

  #erase(): void {
    if (this.#drawn > 0) this.#screen.write(`\x1b[${this.#drawn}A\x1b[J`)
    this.#drawn = 0
  }

  #draw(): void {
    if (!this.#screen.isTTY || this.#table.length === 0) return
    const width = this.#screen.columns ?? 100
    this.#screen.write(`${this.#table.map((line) => line.slice(0, width - 1)).join('\n')}\n`)
    this.#drawn = this.#table.length
  }
}

/** Seconds as m:ss. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

function render({ atS, load, services }: Sample): string[] {
  const sum = load
    ? `${clock(atS)}  ${load.stage}: ${load.offered} offered, ${load.ok} ok, ${load.refused} refused, ${load.limited} limited, ${load.shed} shed, ${load.failed} failed; p50 ${Math.round(load.p50Ms)} ms, p99 ${Math.round(load.p99Ms)} ms`
    : `${clock(atS)}  no load`
  const rows = Object.entries(services).map(([name, s]) => [
    name,
    s.current,
    s.desired,
    s.ready,
    s.targetPercent === null ? '-' : `${s.cpuPercent === null ? '?' : Math.round(s.cpuPercent)}/${s.targetPercent} %`,
    s.requestsPerS.toFixed(1),
    s.p99Ms === null ? '-' : Math.round(s.p99Ms),
    s.shedPerS.toFixed(1),
    s.failedPerS.toFixed(1),
  ])
  const line = (cells: readonly (string | number)[]) =>
    cells.map((value, i) => (i === 0 ? String(value).padEnd(widths[0] ?? 0) : String(value).padStart(widths[i] ?? 0))).join('')
  return [sum, line(columns), ...rows.map(line)]
}
