import { randomUUID } from 'node:crypto'
import type { Plot } from './plots.ts'

/** Against I4 and I5. */
export const PLOTS_OF_MONEY: readonly Plot[] = [
  {
    invariant: 'I4',
    name: 'an acknowledged order that does not exist',
    on: 'confirmed',
    statements: [['orders', 'DELETE FROM orders WHERE id = $1']],
    row: /^acknowledgement key-ID$/,
    problem: /its order \S+ does not exist/,
  },
  {
    invariant: 'I4',
    name: 'an order acknowledged as confirmed and cancelled after all',
    on: 'confirmed',
    statements: [['orders', `UPDATE orders SET state = 'cancelled' WHERE id = $1`]],
    row: /^acknowledgement key-ID$/,
    problem: /acknowledged as confirmed and is cancelled/,
  },
  {
    invariant: 'I4',
    name: 'an order that never ended',
    on: 'confirmed',
    statements: [['orders', `UPDATE orders SET state = 'charged', lease_until = now() WHERE id = $1`]],
    row: /^orders\.orders ID$/,
    problem: /did not end, it is still charged/,
  },
  {
    invariant: 'I4',
    name: 'a cancelled order that keeps its tickets',
    on: 'declined',
    statements: [['inventory', `UPDATE holds SET state = 'held' WHERE id = $1`]],
    row: /^orders\.orders ID$/,
    problem: /cancelled, its 2 tickets of aurora-live-floor are still held/,
  },
  {
    invariant: 'I5',
    name: 'a confirmed order nobody paid for',
    on: 'confirmed',
    statements: [['payments', 'DELETE FROM charges WHERE id = $1']],
    row: /^orders\.orders ID$/,
    problem: /confirmed, its charge is missing/,
  },
  {
    invariant: 'I5',
    name: 'a buyer who paid another price',
    on: 'confirmed',
    statements: [['payments', 'UPDATE charges SET amount_cents = 1 WHERE id = $1']],
    row: /^orders\.orders ID$/,
    problem: /confirmed for 15800 EUR, captured were 1 EUR/,
  },
  {
    invariant: 'I5',
    name: 'a cancelled order that was paid for',
    on: 'refunded',
    statements: [['payments', `UPDATE charges SET state = 'captured', refunded_at = NULL WHERE id = $1`]],
    row: /^payments\.charges ID$/,
    problem: /captured 15800 EUR for a cancelled order and not refunded/,
  },
  {
    invariant: 'I5',
    name: 'money taken for no order',
    on: 'confirmed',
    statements: [
      [
        'payments',
        `INSERT INTO charges (id, amount_cents, currency, state) SELECT '${randomUUID()}', 5, 'EUR', 'captured' WHERE $1::uuid IS NOT NULL`,
      ],
    ],
    row: /^payments\.charges /,
    problem: /captured 5 EUR for an order that does not exist/,
  },
]
