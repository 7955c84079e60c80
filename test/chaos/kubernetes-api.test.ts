import { play } from './play.ts'

play('kubernetes-api')
