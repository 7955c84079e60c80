import { build } from '@headroom/kit/testing'
import type { Test } from 'tap'
import { service } from '../../services/observer/app.ts'
import { complaintsOf, openBrowser } from './chromium.ts'
import { fleetAt, historyOf } from './fleet-story.ts'

declare global {
  /** In the page: what `fakeStream` puts there. */
  var stream: EventTarget
}

/** Takes the place of the stream, so that a test says what comes and when; the page and its server are the real ones. */
const fakeStream = `window.EventSource = class extends EventTarget {
  readyState = 1
  constructor() { super(); window.stream = this; setTimeout(() => this.dispatchEvent(new Event('open'))) }
  close() {}
}`

/** The live page as its reader has it after `samples` looks, and `send` to tell it more. */
export async function opened(t: Test, { samples = 60, width = 1440 } = {}) {
  const { server } = await build(t, service, { KUBECONFIG: '/nowhere/kubeconfig', NAMESPACE: 'shop' })
  const origin = await server.listen({ host: '127.0.0.1', port: 0 })
  const browser = await openBrowser()
  t.teardown(() => browser.close())
  const page = await browser.newPage({ viewport: { width, height: 900 } })
  const complaints = complaintsOf(page, origin)
  await page.addInitScript(fakeStream)
  await page.route('**/samples', (route) => route.fulfill({ json: historyOf(samples) }))
  const send = (event: string, data: unknown) =>
    page.evaluate(
      ([event, data]) => {
        globalThis.stream.dispatchEvent(new MessageEvent(String(event), { data: JSON.stringify(data) }))
      },
      [event, data] as const,
    )
  await page.goto(origin)
  await send('fleet', fleetAt(samples - 1))
  await page.locator('#charts canvas').nth(4).waitFor()
  return { page, send, complaints }
}
