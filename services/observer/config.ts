import { defineConfig } from '@headroom/kit/config'
import { Type } from '@headroom/kit/schema'

export const config = defineConfig({
  KUBECONFIG: Type.String({
    default: '',
    description: "Kubeconfig file; empty: the pod's service account, else the file that kubectl uses.",
  }),
  NAMESPACE: Type.String({
    default: '',
    pattern: '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)?$',
    description: "Namespace that is watched; empty: the pod's own, or that of the kubeconfig's context.",
  }),
  REFRESH_INTERVAL_MS: Type.Integer({
    default: 60_000,
    minimum: 1000,
    maximum: 600_000,
    description: 'Mean time between full lists, jittered by half: what a silent watch has missed is found by then.',
  }),
  STALE_AFTER_MS: Type.Integer({
    default: 120_000,
    minimum: 2000,
    maximum: 3_600_000,
    description: 'Age of the last word from the API above which data is called stale.',
  }),
  USAGE_INTERVAL_MS: Type.Integer({
    default: 15_000,
    minimum: 500,
    maximum: 300_000,
    description: "Time between readings of the pods' CPU.",
  }),
  SCRAPE_INTERVAL_MS: Type.Integer({
    default: 1000,
    minimum: 500,
    maximum: 60_000,
    description: "Time between looks: readings of the pods' own metrics, each a sample of the live page and of GET /recording.",
  }),
  HISTORY_MINUTES: Type.Integer({
    default: 10,
    minimum: 1,
    maximum: 60,
    description: 'How much of the past a page that is opened late is shown.',
  }),
  STREAM_READERS_MAX: Type.Integer({
    default: 200,
    minimum: 1,
    maximum: 10_000,
    description: 'Most readers of `/fleet/stream` at a time; who comes after them is refused with 503 until one has left.',
  }),
})
