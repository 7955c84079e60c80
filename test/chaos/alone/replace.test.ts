import { play } from '../play.ts'

play('replace')
