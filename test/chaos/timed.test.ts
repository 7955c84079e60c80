import { rows } from '@headroom/chaos/rows'
import { rehearse } from './rehearse.ts'

// Run when all else has been: these measure time.
rehearse(rows.filter(({ timed }) => timed))
