/** One row that should not be, or is missing. */
export interface Violation {
  /** Database, table and key, as in `orders.orders 4f0c...`. */
  readonly row: string
  readonly problem: string
}

const VIOLATIONS_KEPT = 100

/** What looking for one invariant brought to light. */
export class Finding {
  /** Rows and acknowledgements looked at. */
  checked = 0
  /** Violations found; the first 100 are kept. */
  count = 0
  readonly violations: Violation[] = []

  violate(row: string, problem: string): void {
    this.count += 1
    if (this.violations.length < VIOLATIONS_KEPT) this.violations.push({ row, problem })
  }
}

/** Says how many tickets of a sum are no rows any more. */
export function removed(tickets: number): string {
  return tickets === 0 ? '' : `, ${tickets} of them removed`
}
