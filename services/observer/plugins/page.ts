import { pageFiles, servePage } from '@headroom/kit/page'
import type { Server } from '@headroom/kit/service'
import fp from 'fastify-plugin'

/** The live page at `/`: the files of page/ and the chart library that it draws with, all from this origin. */
export const page = fp(
  async (server: Server) => {
    const uplot = import.meta.resolve('uplot/dist/uPlot.esm.js')
    await servePage(server, {
      ...pageFiles(new URL('../page/', import.meta.url)),
      '/uplot.js': new URL(uplot),
      '/uplot.css': new URL('uPlot.min.css', uplot),
    })
  },
  { name: 'page' },
)
