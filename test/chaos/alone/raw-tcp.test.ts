import { play } from '../play.ts'

play('raw-tcp')
