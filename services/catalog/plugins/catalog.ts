import type { Server } from '@headroom/kit/service'
import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { CatalogCache } from '../lib/catalog-cache.ts'
import { isUnchanged, type Page, type Pages } from '../lib/pages.ts'
import { problems } from '../lib/problems.ts'
import { readEvents } from '../lib/statements.ts'

type ChoosePage = (pages: Pages) => Page | undefined

declare module 'fastify' {
  interface FastifyInstance {
    catalog: CatalogCache
  }
  interface FastifyReply {
    /** Sends a page made in advance, 304 when the client has it, or 404 when there is none. */
    sendPage(choose: ChoosePage): void
  }
}

/** The cached catalog. A replica is ready only once it holds one, so that it can answer even when the database leaves right after. */
export const catalog = fp(
  async (server: Server, config: { readonly CACHE_TTL_MS: number }) => {
    const cache = new CatalogCache(() => readEvents(server.database), config.CACHE_TTL_MS)
    server.decorate('catalog', cache)
    server.decorateReply('sendPage', function (choose) {
      // Nearly every request takes the first way, without a promise.
      if (cache.current !== undefined) send(this, choose(cache.current))
      else
        cache
          .read()
          .then(choose)
          .then((page) => send(this, page))
          .catch((error: unknown) => this.send(error))
    })
    server.kit.health.require('catalog', () => cache.read().then(() => true))
  },
  { name: 'catalog', dependencies: ['database'] },
)

function send(reply: FastifyReply, page: Page | undefined): void {
  if (page === undefined) throw problems.event_not_found()
  const { body, etag } = page
  // no-cache: any cache may keep it, and asks with the ETag before each use.
  reply.header('etag', etag).header('cache-control', 'no-cache')
  if (isUnchanged(reply.request.headers['if-none-match'], etag)) reply.code(304).send()
  else reply.type('application/json; charset=utf-8').send(body)
}
