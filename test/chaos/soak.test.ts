import { play } from './play.ts'

play('soak')
