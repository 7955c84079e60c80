import { play } from '../play.ts'

play('dependency')
