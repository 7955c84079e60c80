import type { Row } from './row.ts'
import { duplicates } from './rows/duplicates.ts'
import { killReplicas } from './rows/kill-replicas.ts'
import { replace } from './rows/replace.ts'

/** Every row, in the order of docs/reliability.md. */
export const rows: Row[] = [replace, killReplicas, duplicates]
