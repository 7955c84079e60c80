import { play } from './play.ts'

play('forwarded-for')
