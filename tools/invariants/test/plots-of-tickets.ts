import { randomUUID } from 'node:crypto'
import type { Acknowledgement } from '../acknowledgement-log.ts'
import { type Planted, TIER } from './on-sale.ts'
import type { Plot } from './plots.ts'

const first = ({ acknowledgements }: Planted, changes: Partial<Acknowledgement>) => {
  const [ack, ...others] = acknowledgements
  return [{ ...ack, ...changes } as Acknowledgement, ...others]
}
const refusal = ({ acknowledgements, declined }: Planted, changes: Partial<Acknowledgement>) =>
  acknowledgements.map((ack) => (ack.key === `key-${declined}` ? { ...ack, ...changes } : ack))

/** Against I1, I2 and I3. */
export const PLOTS_OF_TICKETS: readonly Plot[] = [
  {
    invariant: 'I1',
    name: 'a tier that lost count of what it sold',
    on: 'confirmed',
    statements: [['inventory', `UPDATE tiers SET sold = sold - 1 WHERE id = '${TIER}' AND $1::uuid IS NOT NULL`]],
    row: /^inventory\.tiers aurora-live-floor$/,
    problem: /counts 3 tickets as sold, its confirmed holds add up to 4/,
  },
  {
    invariant: 'I1',
    name: 'a tier that lost count of what is held',
    on: 'confirmed',
    statements: [['inventory', `UPDATE tiers SET held = 5 WHERE id = '${TIER}' AND $1::uuid IS NOT NULL`]],
    row: /^inventory\.tiers aurora-live-floor$/,
    problem: /counts 5 tickets as held, its holds add up to 0/,
  },
  {
    invariant: 'I1',
    name: 'more sold than there is',
    on: 'confirmed',
    statements: [
      ['inventory', 'ALTER TABLE tiers DROP CONSTRAINT tiers_never_oversold'],
      ['inventory', `UPDATE tiers SET stock = 3 WHERE id = '${TIER}' AND $1::uuid IS NOT NULL`],
    ],
    row: /^inventory\.tiers aurora-live-floor$/,
    problem: /oversold: 4 sold and 0 held of 3, -1 remain/,
    mend: ['inventory', 'ALTER TABLE tiers ADD CONSTRAINT tiers_never_oversold CHECK (held + sold <= stock)'],
  },
  {
    invariant: 'I1',
    name: 'tickets of a tier that does not exist',
    on: 'confirmed',
    statements: [['inventory', `UPDATE holds SET tier_id = 'nowhere' WHERE id = $1`]],
    row: /^inventory\.holds ID$/,
    problem: /confirmed in the tier nowhere, which does not exist/,
  },
  {
    invariant: 'I2',
    name: 'a confirmed order whose tickets are free for others',
    on: 'confirmed',
    statements: [['inventory', `UPDATE holds SET state = 'released' WHERE id = $1`]],
    row: /^orders\.orders ID$/,
    problem: /its hold is released: its tickets are free for others/,
  },
  {
    invariant: 'I2',
    name: 'tickets sold to nobody',
    on: 'confirmed',
    statements: [['inventory', `UPDATE holds SET id = '${randomUUID()}' WHERE id = $1`]],
    row: /^inventory\.holds /,
    problem: /confirmed for an order that does not exist/,
  },
  {
    invariant: 'I2',
    name: 'fewer tickets held than ordered',
    on: 'confirmed',
    statements: [['inventory', 'UPDATE holds SET quantity = 1 WHERE id = $1']],
    row: /^inventory\.holds ID$/,
    problem: /confirmed 1 of aurora-live-floor, its order is for 2 of aurora-live-floor/,
  },
  {
    invariant: 'I3',
    name: 'two orders of one key',
    on: 'other',
    statements: [
      ['orders', 'ALTER TABLE orders DROP CONSTRAINT orders_idempotency_key_key'],
      [
        'orders',
        `UPDATE orders SET idempotency_key = (SELECT idempotency_key FROM orders WHERE state = 'confirmed' AND id <> $1) WHERE id = $1`,
      ],
    ],
    row: /^orders\.orders /,
    problem: /has the key key-\S+ of another order, /,
    mend: ['orders', 'ALTER TABLE orders ADD CONSTRAINT orders_idempotency_key_key UNIQUE (idempotency_key)'],
  },
  {
    invariant: 'I3',
    name: 'a key that would now be answered otherwise',
    on: 'confirmed',
    statements: [['orders', `UPDATE orders SET reply_status = 409, reply_body = '{}' WHERE id = $1`]],
    row: /^acknowledgement key-ID$/,
    problem: /answered 201 with order \S+, the same key would now get 409 with no order/,
  },
  {
    invariant: 'I3',
    name: 'a key given back although its order was acknowledged',
    on: 'confirmed',
    statements: [['orders', 'UPDATE orders SET idempotency_key = NULL WHERE id = $1']],
    row: /^acknowledgement key-ID$/,
    problem: /the key was given back and can make another/,
  },
  {
    invariant: 'I3',
    name: 'a key that was answered with two orders',
    on: 'confirmed',
    statements: [],
    acknowledgements: (planted) => [...planted.acknowledgements, ...first(planted, { orderId: planted.other }).slice(0, 1)],
    row: /^acknowledgement key-ID$/,
    problem: /answered 201 with order \S+ and then 201 with order /,
  },
  {
    invariant: 'I3',
    name: 'an order for something else than was asked',
    on: 'confirmed',
    statements: [],
    acknowledgements: (planted) => first(planted, { quantity: 4 }),
    row: /^acknowledgement key-ID$/,
    problem: /asked for 4 of aurora-live-floor, its order \S+ is for 2/,
  },
  {
    invariant: 'I3',
    name: 'a refusal that the key would not give again',
    on: 'declined',
    statements: [],
    acknowledgements: (planted) => refusal(planted, { status: 409 }),
    row: /^acknowledgement key-ID$/,
    problem: /refused with 409, the same key would now get 402/,
  },
  {
    invariant: 'I3',
    name: 'a refused order that is confirmed',
    on: 'confirmed',
    statements: [],
    acknowledgements: (planted) => first(planted, { outcome: 'refused', status: 402, orderId: undefined, state: undefined }),
    row: /^acknowledgement key-ID$/,
    problem: /refused with 402, its order \S+ is confirmed/,
  },
]
