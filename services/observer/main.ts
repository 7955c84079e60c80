import { run } from '@headroom/kit/run'
import { service } from './app.ts'

await run(service)
