import { Readable } from 'node:stream'
import { Type } from '@headroom/kit/schema'
import type { Server } from '@headroom/kit/service'
import { recordingLines } from '../lib/recording.ts'

/** GET /recording: the last minutes as a recording of a run, for `npm run report`; what `HISTORY_MINUTES` keeps, at most 64 MiB. */
export async function recording(server: Server): Promise<void> {
  server.route({
    method: 'GET',
    url: '/recording',
    // It lasts as long as its reader takes.
    config: { stream: true },
    schema: { summary: 'Download the last minutes as a recording', produces: ['application/x-ndjson'], response: { 200: Type.String() } },
    handler: (_request, reply) => {
      const lines: unknown = Readable.from(recordingLines(server.traffic.history, server.cluster.caches))
      reply
        .header('cache-control', 'no-store')
        .header('content-disposition', 'attachment; filename="recording.ndjson"')
        .type('application/x-ndjson')
        // The schema describes the text that is streamed.
        .send(lines as string)
    },
  })
}
