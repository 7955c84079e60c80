import { defineConfig } from '@headroom/kit/config'
import { Type } from '@headroom/kit/schema'

export const config = defineConfig({
  WORK_ITERATIONS: Type.Integer({
    default: 800_000,
    minimum: 1,
    maximum: 1_000_000_000,
    description: 'Work of one request, in turns of a loop; the default is about 5 ms of a CPU.',
  }),
})
