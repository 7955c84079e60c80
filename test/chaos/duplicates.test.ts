import { play } from './play.ts'

play('duplicates')
