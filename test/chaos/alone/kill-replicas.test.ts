import { play } from '../play.ts'

play('kill-replicas')
