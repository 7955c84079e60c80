import type { Evidence } from './evidence.ts'
import { Finding, removed } from './finding.ts'

/** I1: sold + held + remaining = stock, remaining >= 0. The counts of a tier must be what its holds add up to. */
export function checkStock({ tiers, holds }: Evidence): Finding {
  const finding = new Finding()
  const sums = new Map([...tiers.keys()].map((id) => [id, { held: 0, confirmed: 0 }]))
  for (const { id, tierId, quantity, state } of holds.values()) {
    finding.checked += 1
    if (state !== 'held' && state !== 'confirmed') continue
    const sum = tierId === null ? undefined : sums.get(tierId)
    if (sum === undefined) finding.violate(`inventory.holds ${id}`, `${state} in the tier ${tierId}, which does not exist`)
    else sum[state] += quantity
  }
  for (const { id, stock, held, sold, soldPruned } of tiers.values()) {
    const { held: heldSum, confirmed: soldSum } = sums.get(id) ?? { held: 0, confirmed: 0 }
    const row = `inventory.tiers ${id}`
    finding.checked += 1
    if (held !== heldSum) finding.violate(row, `counts ${held} tickets as held, its holds add up to ${heldSum}`)
    const soldOnce = soldPruned + soldSum
    if (sold !== soldOnce)
      finding.violate(row, `counts ${sold} tickets as sold, its confirmed holds add up to ${soldOnce}${removed(soldPruned)}`)
    const remaining = stock - heldSum - soldOnce
    if (remaining < 0) finding.violate(row, `oversold: ${soldOnce} sold and ${heldSum} held of ${stock}, ${remaining} remain`)
  }
  return finding
}
