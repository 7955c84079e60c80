import { play } from '../play.ts'

play('postgres-gone')
