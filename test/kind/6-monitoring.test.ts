import { readFileSync } from 'node:fs'
import { readQuery, readRules } from '@headroom/cluster/prometheus'
import { waitForRollout } from '@headroom/cluster/rollout'
import { Surge } from '@headroom/cluster/surge'
import t from 'tap'
import { parse } from 'yaml'
import { dashboardQueries } from '../../scripts/lib/promql.ts'
import { root } from '../../scripts/lib/services.ts'
import { onSale, until } from './helper.ts'

/** Enough to move every figure, not enough to need a replica more. */
const steady = ['--profile', 'steady', '--rate', '8', '--duration', '300s']
/** Rules are evaluated every 15 s, first within that of Prometheus' start. */
const evaluatedWithinMs = 120_000
/** Two scrapes make a rate; the window of a panel is a minute. */
const shownWithinMs = 60_000

const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8')

t.test('the Prometheus of the cluster has the rules, and data for every query of the dashboard', async (t) => {
  const installed = await onSale(t)
  const { target, api, tag, registry } = installed
  await waitForRollout(target, api, (text) => t.comment(text))

  await t.test('every alert is loaded and healthy', async (t) => {
    const { groups } = parse(read('charts/headroom/files/rules.yaml')) as { groups: { rules: { alert: string }[] }[] }
    const wanted = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert)).sort()
    const evaluated = async () => {
      const rules = await readRules(api)
      return rules && rules.length > 0 && rules.every(({ health }) => health !== 'unknown') ? rules : undefined
    }
    const rules = await until('every rule evaluated', evaluated, evaluatedWithinMs)
    t.same(rules.map(({ name }) => name).sort(), wanted)
    for (const { name, health, lastError } of rules) t.equal(health, 'ok', `${name}: ${lastError ?? 'evaluated'}`)
  })

  await t.test('under load every panel shows something', async (t) => {
    const load = new Surge(target, api)
    await load.start(steady, { registry, tag })
    let offered = 0
    const result = load.load({ offered: () => void offered++, loadEnded: () => {} })
    // A rejection is met where the result is awaited.
    result.catch(() => {})
    await until('the load to run', async () => (offered >= 5 ? true : undefined))
    for (const { panel, query } of dashboardQueries(read('charts/headroom/files/dashboard.json'), api.namespace)) {
      const figures = async () => {
        const found = (await readQuery(api, query))?.map(({ value }) => Number(value[1])) ?? []
        return found.some(Number.isFinite) ? found : undefined
      }
      await t.resolves(until(`${panel}: data for ${query}`, figures, shownWithinMs), panel)
    }
    await load.endEarly()
    const { requests } = await result
    t.equal(requests.failed, 0, `0 of ${requests.offered} requests failed`)
  })

  await t.test('observer says of every autoscaler what the cluster says', async (t) => {
    const hpas = await api.list<{ spec: { scaleTargetRef: { name: string }; maxReplicas: number } }>(
      'autoscaling/v2',
      'horizontalpodautoscalers',
    )
    const found = await readQuery(api, `max by (deployment) (kubernetes_autoscaler_max_replicas{namespace="${api.namespace}"})`)
    const figures = Object.fromEntries(found?.map(({ metric, value }) => [metric.deployment, Number(value[1])]) ?? [])
    t.same(figures, Object.fromEntries(hpas.map(({ spec }) => [spec.scaleTargetRef.name, spec.maxReplicas])))
  })
})
