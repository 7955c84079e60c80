import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { Running } from '../../tools/local/test/running.ts'
import { complaintsOf, openBrowser, withBrowser } from './chromium.ts'

const root = new URL('../../', import.meta.url)
const pictures = fileURLToPath(new URL('out/screenshots/', root))
const widths = [400, 800, 1440]
const schemes = ['light', 'dark'] as const

t.setTimeout(180_000)

t.test('the pages during a real surge, in a real browser', withBrowser, async (t) => {
  const flags = '--rate 10 --factor 5 --calm 3 --surge 15 --after 2 --speed 20 --port 0 --no-cpu-limit --keep'
  const main = fileURLToPath(new URL('tools/local/main.ts', root))
  const demo = new Running(t, [main, 'demo', ...flags.split(' '), '--out', t.testdir({})])
  const [, live = '', shop = ''] = await demo.prints(/live page: (\S+)\s+storefront: (\S+)/)
  const browser = await openBrowser()
  t.teardown(() => browser.close())

  const page = await browser.newPage()
  const complaints = complaintsOf(page, live)
  await page.goto(live)
  await page.locator('#strip .pod.ready').first().waitFor()

  // A person buys while the crowd does.
  const buyer = await browser.newPage()
  const buyerComplaints = complaintsOf(buyer, shop)
  await buyer.goto(shop)
  await buyer.getByRole('button', { name: 'Aurora Live' }).click()
  await buyer.getByRole('button', { name: 'Buy' }).click()
  await buyer.locator('#outcome', { hasText: 'Bought: 1 for' }).waitFor()
  t.pass('a ticket was bought')

  await page
    .locator('#decisions li', { hasText: /\d → \d: .*CPU \d+ %/ })
    .first()
    .waitFor()
  const reasons = (await page.locator('#decisions li').allTextContents()).flatMap((text) => {
    const [, from, to, cpu, target] = /(\d+) → (\d+): .*CPU (\d+) % of target (\d+) %/.exec(text) ?? []
    return Number(to) > Number(from) ? [{ text, above: Number(cpu) > Number(target) }] : []
  })
  t.ok(reasons.length > 0)
  for (const { text, above } of reasons) t.ok(above, `up because there was too much to do: ${text}`)
  await page.locator('[data-service="headroom-gateway"] .pod.ready').nth(1).waitFor()
  t.pass('a decision with its figure is listed, and its replicas appear')
  t.ok((await page.locator('#charts canvas').count()) >= 5, 'five charts')
  t.match(await page.locator('#map svg').getAttribute('aria-label'), /gateway to orders: [\d.]+\/s/)
  t.match(await page.locator('#state').textContent(), /^live/)

  // Once more, now that the browser itself has started.
  const openedAt = performance.now()
  await page.reload()
  await page.locator('#charts canvas').first().waitFor()
  await page.locator('#strip .pod.ready').first().waitFor()
  t.ok(performance.now() - openedAt < 2000, `useful after ${Math.round(performance.now() - openedAt)} ms, 1 s promised and 1 s of slack`)

  for (const colorScheme of schemes)
    for (const width of widths) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height: 900 })
      await page.screenshot({ path: join(pictures, `live-${width}-${colorScheme}.png`), fullPage: true })
      const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
      t.equal(overflow, 0, `nothing is cut off at ${width} px`)
    }
  await buyer.screenshot({ path: join(pictures, 'storefront.png'), fullPage: true })
  for (const { errors, foreign } of [complaints, buyerComplaints]) {
    t.strictSame(errors, [], 'no error is said')
    t.strictSame(foreign, [], 'no request leaves the origin')
  }

  await demo.prints(/running until Ctrl-C/)
  const { code } = await demo.end('SIGINT')
  t.ok(code === 0 || code === 1, `exit code ${code}`)
  await page.locator('#notice', { hasText: /No word from the observer: .*\(\d+ s\)/ }).waitFor()
  t.match(await page.locator('#state').textContent(), /stale/, 'old data is called old')
})
