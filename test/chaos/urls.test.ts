import { play } from './play.ts'

play('urls')
