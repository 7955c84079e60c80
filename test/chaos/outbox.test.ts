import { play } from './play.ts'

play('outbox')
