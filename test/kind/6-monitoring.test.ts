import { readFileSync } from 'node:fs'
import { readQuery, readRules } from '@headroom/cluster/prometheus'
import { waitForRollout } from '@headroom/cluster/rollout'
import { Surge } from '@headroom/cluster/surge'
import { surgeFlags } from '@headroom/cluster/surge-job'
import { until } from '@headroom/cluster/until'
import t from 'tap'
import { parse } from 'yaml'
import { dashboardQueries } from '../../scripts/lib/promql.ts'
import { root } from '../../scripts/lib/services.ts'
import { onSale } from './helper.ts'

/** Enough to move every figure; load goes on after it, since an average over no requests is no number. */
const surge = { rate: 4, factor: 8, calmS: 10, surgeS: 60, afterS: 600 }
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

  await t.test('after a surge every panel shows something', async (t) => {
    const load = new Surge(target, api)
    await load.start(surgeFlags(surge), { registry, tag })
    let stage = ''
    const result = load.load({ offered: () => {}, loadEnded: () => {} }, (now) => {
      stage = now
    })
    // A rejection is met where the result is awaited.
    result.catch(() => {})
    await until('the surge to be over', async () => (stage === 'after' ? true : undefined), 300_000)
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
