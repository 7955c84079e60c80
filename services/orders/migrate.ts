import { migrate } from '@headroom/kit/migrate'

await migrate({ directory: new URL('./migrations/', import.meta.url) })
