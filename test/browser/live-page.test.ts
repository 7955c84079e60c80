import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import t from 'tap'
import { accessOf } from '../../services/observer/lib/access.ts'
import { withBrowser } from './chromium.ts'
import { fleetAt, historyOf, sampleAt } from './fleet-story.ts'
import { opened } from './opened-page.ts'

const pictures = fileURLToPath(new URL('../../out/screenshots/', import.meta.url))

t.setTimeout(120_000)

const count = (page: Page, selector: string) => page.locator(selector).count()

t.test('every line has a key in its colour, and no time stands twice', withBrowser, async (t) => {
  // A page that is as young as it gets has the densest axis.
  const { page } = await opened(t, { samples: 4 })
  const lines = (await page.evaluate(`import('/charts.js').then(({ definitions }) =>
    definitions().map(({ lines }) => lines.map(({ label, stroke }) => label + ' ' + stroke)))`)) as string[][]
  t.equal(lines.length, 5)
  const keys =
    (await page.evaluate(`[...document.querySelectorAll('.chart')].map((chart) => [...chart.querySelectorAll('.key')].map((key) =>
    key.firstChild.textContent.trim() + ' ' + getComputedStyle(key, '::before').borderTopColor))`)) as string[][]
  for (const [i, wanted] of lines.entries()) t.strictSame(keys[i]?.toSorted(), [...new Set(wanted)].sort())
  const colours = lines.map((chart) => new Set(chart.map((line) => line.slice(line.indexOf(' ')))).size)
  t.strictSame(colours, [2, 4, 4, 2, 2], 'each its own within a chart')
  const services = new Set(lines[1]?.map((line) => line.slice(line.indexOf(' '))))
  for (const line of lines[3] ?? []) t.notOk(services.has(line.slice(line.indexOf(' '))), `${line} is no service's`)
  for (const samples of [1, 2, 4, 60]) {
    const history = JSON.stringify(historyOf(samples))
    const labels =
      (await page.evaluate(`Promise.all([import('/store.js'), import('/charts.js'), import('/uplot.js')]).then(([store, charts]) => {
      store.remember(${history})
      const plot = charts.plotOf(document.body.appendChild(document.createElement('div')), charts.definitions()[0], 700, true)
      return new Promise((done) => setTimeout(() => {
        const { _values } = plot.axes[0]
        plot.destroy()
        done(_values)
      }))
    })`)) as string[]
    t.ok(labels.length > 1, `${labels}`)
    t.equal(new Set(labels).size, labels.length, `${samples} looks: each time once`)
  }
})

t.test('what is not known is a gap, and services of one size do not hide each other', withBrowser, async (t) => {
  const { page } = await opened(t)
  const { values, heights } = (await page.evaluate(`Promise.all([import('/store.js'), import('/charts.js')]).then(([store, charts]) => {
    const [offered, replicas] = charts.definitions()
    const at = (second) => new Date(second * 1000).toISOString()
    const first = store.store.samples[0]
    const unknown = { ...first, services: Object.fromEntries(Object.entries(first.services).map(([name, one]) => [name, { ...one, requestsPerS: null }])) }
    store.store.samples = [0, 1, 2, 3, 4, 5, 6, 7, 8, 30].map((second) => ({ ...(second === 3 ? unknown : first), at: at(second) }))
    return { values: charts.table(offered.lines)[1], heights: charts.table(replicas.lines).slice(1, 5).map(([value]) => value) }
  })`)) as { values: (number | null)[]; heights: number[] }
  t.strictSame(
    values.map((value) => value === null),
    [3, 9].reduce((all, i) => all.with(i, true), Array(11).fill(false)),
  )
  t.equal(new Set(heights).size, 4, `${heights}`)
})

t.test('values are read by mouse and by keyboard', withBrowser, async (t) => {
  const { page, send, complaints } = await opened(t)
  const chart = page.locator('.chart .uplot').first()
  const told = () => page.locator('.chart').first().locator('.key b').allTextContents()
  const newest = await told()
  t.match(await chart.getAttribute('aria-label'), /^Requests\/s\. offered 199, served 19\d(\.\d)?\./, 'the newest values are in its name')
  t.match(await page.locator('#moment').textContent(), /newest/)
  await chart.focus()
  for (let i = 0; i < 50; i++) await page.keyboard.press('ArrowLeft')
  const earlier = await told()
  t.notSame(earlier, newest)
  t.notMatch(await page.locator('#moment').textContent(), /newest/)
  t.match(await page.locator('#spoken').textContent(), /^\d\d:\d\d:\d\d: offered/)
  const moment = await page.locator('#moment').textContent()
  const crosshair = () => page.locator('.chart .u-cursor-x').first().boundingBox()
  const before = (await crosshair())?.x ?? 0
  await send('sample', { ...sampleAt(75), decisions: [] })
  t.equal(await page.locator('#moment').textContent(), moment, 'it stays while looks come')
  t.ok(((await crosshair())?.x ?? 0) < before, 'and the crosshair with it')
  await page.keyboard.press('Escape')
  t.strictSame(await told(), newest)
  const box = await page.locator('.chart .u-over').nth(2).boundingBox()
  await page.mouse.move((box?.x ?? 0) + 12, (box?.y ?? 0) + 20)
  t.notSame(await told(), newest, 'the mouse over one chart reads all')
  await page.mouse.move(0, 0)
  t.strictSame(await told(), newest)
  t.strictSame(complaints, { errors: [], foreign: [] })
})

t.test('a pod is told by more than its colour, reached by Tab, and its box stays while it lives', withBrowser, async (t) => {
  const { page, send } = await opened(t)
  await send('fleet', { ...fleetAt(59), services: fleetAt(59).services.map((one) => ({ ...one, pods: one.pods.slice(1) })) })
  await send('fleet', { ...fleetAt(59), services: fleetAt(59).services.map((one) => ({ ...one, pods: one.pods.slice(1) })) })
  const styleOf = (state: string) =>
    page.evaluate<string>(`getComputedStyle(document.querySelector('#strip .pod.${state}')).borderTopStyle`)
  const states = ['starting', 'ready', 'draining', 'failed', 'gone']
  const styles = await Promise.all(states.map(styleOf))
  t.equal(new Set(styles).size, states.length, `${styles}`)
  t.strictSame((await page.locator('.legend:has(.pod) > span').allTextContents()).slice(0, 5), states, 'the legend has every state')

  await page.locator('.chart .uplot').last().focus()
  await page.keyboard.press('Tab')
  const focused = () => page.evaluate('document.activeElement.getAttribute("aria-label")')
  const words = await focused()
  t.match(words, /^headroom-\S+: \w+, \d+ % of requests/)
  t.equal(await page.locator('#pod').textContent(), words, 'the caption can be seen')
  await page.evaluate('window.box = document.activeElement')
  await send('sample', { ...sampleAt(60), decisions: [] })
  await send('fleet', fleetAt(59))
  t.ok(await page.evaluate('window.box.isConnected && window.box === document.activeElement'), 'the same node, still with the focus')
  await page.locator('#strip .pod.draining').first().hover()
  t.match(await page.locator('#pod').textContent(), /draining/)
})

t.test('no access is said in so many words, and what is said aloud does not tick', withBrowser, async (t) => {
  const { page, send } = await opened(t)
  const forbidden = accessOf({ code: 403 })
  await send('fleet', { ...fleetAt(59), ...forbidden })
  t.equal(await page.locator('#state').textContent(), 'no access')
  t.match(
    await page.locator('#why').textContent(),
    /cannot read the Kubernetes API: the Kubernetes API refuses \(403\): this service account needs get/,
  )
  t.ok(await page.locator('#notice').isVisible())
  // One that goes on being stale: the seconds go up, the sentence stays.
  await page.evaluate(`window.said = 0
    new MutationObserver((changes) => { window.said += changes.length }).observe(document.querySelector('[role=alert]'), { childList: true, characterData: true, subtree: true })`)
  for (let staleForS = 130; staleForS < 136; staleForS++) await send('fleet', { ...fleetAt(59), stale: true, staleForS })
  t.equal(await page.locator('#since').textContent(), '(135 s)')
  t.equal(await page.locator('#why').textContent(), 'No word from the Kubernetes API: what you see is old.')
  t.ok(Number(await page.evaluate('window.said')) <= 1, 'said once')
})

t.test('a page that is left open for an hour does not grow', withBrowser, async (t) => {
  const { page, send } = await opened(t, { samples: 600 })
  // Two hours of looks; every pod is replaced every ten minutes, and every minute a decision is made.
  await page.evaluate(
    ([samples, fleets]) =>
      import(String('/store.js')).then(({ takeSample, takeFleet }) => {
        for (let second = 0; second < 7200; second++) {
          const sample = structuredClone(samples[second % samples.length]) as { at: string; decisions: unknown[] }
          sample.at = new Date(Date.now() + second * 1000).toISOString()
          if (second % 60 === 0) sample.decisions.push({ at: sample.at, service: 'headroom-orders', from: 1, to: 2, reason: 'CPU 70 %' })
          takeSample(sample)
          if (second % 600 === 0) takeFleet(fleets[(second / 600) % fleets.length])
        }
      }),
    [[0, 1, 2, 3].map((i) => ({ ...sampleAt(i), decisions: [] })), [0, 1].map((i) => fleetAt(59, `-${i}`))] as const,
  )
  const size = async () => {
    await send('sample', { ...sampleAt(7200), decisions: [] })
    return (await page.evaluate(`import('/store.js').then(({ store }) => ({
      samples: store.samples.length, decisions: store.decisions.length, gone: store.gone.length,
      nodes: document.querySelectorAll('*').length }))`)) as Record<string, number>
  }
  const first = await size()
  t.ok((first.samples ?? 0) <= 600 && (first.decisions ?? 0) <= 200 && (first.gone ?? 0) <= 100, JSON.stringify(first))
  for (let i = 0; i < 20; i++) await send('fleet', fleetAt(59))
  const nodes = (await size()).nodes ?? 0
  t.ok(nodes <= (first.nodes ?? 0) + 10, `${first.nodes} nodes, then ${nodes}`)
  t.equal(await count(page, '.chart'), 5)
  t.ok((await count(page, '#decisions li')) <= 200)
})

t.test('on a narrow screen words do not lie on each other, and pods have the width', withBrowser, async (t) => {
  const { page, send } = await opened(t, { width: 400 })
  await send('sample', { ...sampleAt(60), decisions: [] })
  await page.locator('#map svg').waitFor()
  const boxes = (await page.evaluate(`[...document.querySelectorAll('#map text')].filter((text) => text.textContent).map((text) => {
    const { left, right, top, bottom } = text.getBoundingClientRect()
    return { words: text.textContent, left, right, top: top + 2, bottom: bottom - 2 }
  })`)) as { words: string; left: number; right: number; top: number; bottom: number }[]
  t.ok(boxes.length > 15, `${boxes.length} words`)
  const meet = boxes.flatMap((a, i) =>
    boxes
      .slice(i + 1)
      .filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
      .map((b) => `${a.words} on ${b.words}`),
  )
  t.strictSame(meet, [])
  t.ok(
    boxes.every(({ left, right }) => left >= 0 && right <= 400),
    'nothing is cut off',
  )
  const rows = (await page.evaluate(
    `[...document.querySelector('[data-service=headroom-orders] ul').children].map((pod) => pod.getBoundingClientRect().top)`,
  )) as number[]
  t.ok(rows.length >= 4 && new Set(rows).size === 1, 'four pods stand beside each other')
  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [400, 1440]) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height: 900 })
      await page.screenshot({ path: join(pictures, `page-${width}-${colorScheme}.png`), fullPage: true })
      t.equal(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'), 0, `${width} px`)
    }
})
