import { Type } from '@headroom/kit/schema'
import type { Server } from '@headroom/kit/service'
import { count } from '../count.ts'

/** GET /work: a fixed amount of work, who did it, and what it cost. */
export async function work(server: Server, { WORK_ITERATIONS, POD_NAME }: { WORK_ITERATIONS: number; POD_NAME: string }): Promise<void> {
  server.route({
    method: 'GET',
    url: '/work',
    schema: {
      summary: 'Do the counted work once',
      response: {
        200: Type.Object({ pod: Type.String(), checksum: Type.Integer(), cpuUs: Type.Number() }, { additionalProperties: false }),
      },
    },
    handler: (_request, reply) => {
      const before = process.threadCpuUsage()
      const checksum = count(WORK_ITERATIONS)
      const { user, system } = process.threadCpuUsage(before)
      reply.send({ pod: POD_NAME, checksum, cpuUs: user + system })
    },
  })
}
