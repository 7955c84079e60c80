import { play } from '../play.ts'

play('slow-sockets')
