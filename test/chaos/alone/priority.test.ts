import { play } from '../play.ts'

play('priority')
