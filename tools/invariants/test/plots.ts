import type { Acknowledgement } from '../acknowledgement-log.ts'
import type { InvariantName } from '../check.ts'
import type { Service } from '../databases.ts'
import type { Planted } from './on-sale.ts'

/** Something that must never happen, done to healthy databases. */
export interface Plot {
  readonly invariant: InvariantName
  readonly name: string
  /** Statements by database; `$1` is the id of the order that `on` names. */
  readonly on: Exclude<keyof Planted, 'acknowledgements'>
  readonly statements: readonly (readonly [Service, string])[]
  /** What was told to buyers, where that is the lie. */
  readonly acknowledgements?: (planted: Planted) => readonly Acknowledgement[]
  /** The row that must be named, `ID` standing for the order's id. */
  readonly row: RegExp
  readonly problem: RegExp
  /** Takes a constraint back that the database itself would have stopped this with. */
  readonly mend?: readonly [Service, string]
}
