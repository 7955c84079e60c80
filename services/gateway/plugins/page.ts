import { pageFiles, servePage } from '@headroom/kit/page'
import type { Server } from '@headroom/kit/service'
import fp from 'fastify-plugin'

/** The page at `/` where a person buys a ticket. */
export const page = fp(async (server: Server) => servePage(server, pageFiles(new URL('../page/', import.meta.url))), { name: 'page' })
