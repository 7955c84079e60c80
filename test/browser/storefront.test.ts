import type { Browser } from 'playwright-core'
import t, { type Test } from 'tap'
import { problem } from '../../services/gateway/test/fake-peer.ts'
import { open, order } from '../../services/gateway/test/helper.ts'
import { openBrowser, withBrowser } from './chromium.ts'

t.setTimeout(90_000)

/** The storefront of a real gateway, with an event chosen; the services behind it do as a test says. */
async function shopping(t: Test, browser: Browser, options: Parameters<typeof open>[1] = {}) {
  const { server, ...peers } = await open(t, options)
  const origin = await server.listen({ host: '127.0.0.1', port: 0 })
  const page = await browser.newPage()
  t.teardown(() => page.close())
  await page.goto(origin)
  await page.getByRole('button', { name: 'Aurora Live' }).click()
  const buy = page.getByRole('button', { name: 'Buy' })
  await buy.waitFor()
  return { ...peers, page, buy, outcome: page.locator('#outcome'), notice: page.locator('#notice') }
}

t.test('what a buyer sees when not all is well', withBrowser, async (t) => {
  const browser = await openBrowser()
  t.teardown(() => browser.close())

  await t.test('sold out', async (t) => {
    const { buy, outcome } = await shopping(t, browser, { orders: () => ({ status: 409, body: problem(409, 'sold_out') }) })
    await buy.click()
    await outcome.filter({ hasText: /^Sold out: .*Nothing was charged/ }).waitFor()
    t.equal(await outcome.getAttribute('data-is'), 'bad')
    t.ok(await buy.isEnabled(), 'other tickets may be left')
  })

  await t.test('busy: it says when it tries again, and does so with the same key', async (t) => {
    const replies = [{ status: 503, body: problem(503, 'overloaded'), headers: { 'retry-after': '1' } }]
    const { buy, outcome, orders } = await shopping(t, browser, { orders: () => replies.shift() ?? { status: 201, body: order } })
    const waited = outcome.filter({ hasText: /Very busy right now\. Your order is tried again in 1 s\./ }).waitFor()
    await buy.click()
    await waited
    await outcome.filter({ hasText: 'Bought: 2 for' }).waitFor()
    const keys = orders.seen.map(({ headers }) => headers['idempotency-key'])
    t.equal(keys.length, 2)
    t.equal(new Set(keys).size, 1)
  })

  await t.test('degraded: what is shown is marked, and one can still buy', async (t) => {
    const { page, buy, outcome, notice, catalog, inventory } = await shopping(t, browser)
    t.notOk(await notice.isVisible())
    catalog.mode = inventory.mode = 'error'
    await notice.filter({ hasText: 'Part of the shop does not answer: what you see may be out of date.' }).waitFor()
    await page.locator('.tier small', { hasText: 'availability unknown' }).first().waitFor()
    await buy.click()
    await outcome.filter({ hasText: 'Bought: 2 for' }).waitFor()
    catalog.mode = inventory.mode = 'ok'
    await notice.waitFor({ state: 'hidden' })
    t.pass('and it is no longer marked when all is well again')
  })
})
