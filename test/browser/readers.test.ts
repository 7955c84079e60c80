import type { AddressInfo } from 'node:net'
import { build } from '@headroom/kit/testing'
import t from 'tap'
import { service } from '../../services/observer/app.ts'
import { openBrowser, withBrowser } from './chromium.ts'

t.setTimeout(60_000)

t.test('the live page that may not follow the fleet says so, waits as told, and follows once it may', withBrowser, async (t) => {
  const { server } = await build(t, service, { KUBECONFIG: '/nowhere/kubeconfig', NAMESPACE: 'shop', STREAM_READERS_MAX: '1' })
  await server.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => server.server.closeAllConnections())
  const url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`
  const asked: number[] = []
  server.server.on('request', ({ url }, reply) => {
    if (url === '/fleet/stream') reply.on('close', () => asked.push(reply.statusCode))
  })
  const leaving = new AbortController()
  t.equal((await fetch(`${url}/fleet/stream`, { signal: leaving.signal })).status, 200)

  const browser = await openBrowser()
  t.teardown(() => browser.close())
  const page = await browser.newPage()
  await page.clock.install()
  await page.goto(url)
  await page.locator('#state', { hasText: 'not followed' }).waitFor()
  await page.locator('#notice', { hasText: 'as many as may follow the fleet already do (1). The next try is in' }).waitFor()
  await page.clock.runFor(14_000)
  t.strictSame(asked, [503, 503], 'it asked once, and once why; then it waits')
  leaving.abort()
  await page.clock.runFor(20_000)
  await page.locator('#notice', { hasText: 'The observer cannot read the Kubernetes API' }).waitFor()
  t.strictSame(asked, [503, 503, 200], 'only the reader that left has ended: the page is let in')
})
