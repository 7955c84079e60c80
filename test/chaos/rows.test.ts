import { rows } from '@headroom/chaos/rows'
import { rehearse } from './rehearse.ts'

rehearse(rows.filter(({ timed }) => !timed))
