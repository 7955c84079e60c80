import { play } from './play.ts'

play('kill-after-commit')
