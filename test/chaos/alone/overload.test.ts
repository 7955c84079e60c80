import { play } from '../play.ts'

play('overload')
