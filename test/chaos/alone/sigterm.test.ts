import { play } from '../play.ts'

play('sigterm')
