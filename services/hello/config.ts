import { defineConfig } from '@headroom/kit/config'

export const config = defineConfig({})
