import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

const chart = parse(readFileSync(new URL('../../charts/headroom/Chart.yaml', import.meta.url), 'utf8')) as {
  dependencies: { alias: string }[]
}

/** Names of the services in the on-sale's chart, in their order there. */
export const aliases = chart.dependencies.map(({ alias }) => alias)
