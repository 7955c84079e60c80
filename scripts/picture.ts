/** A picture of a page, made by a real browser: `node scripts/picture.ts docs/reports/local.html docs/reports/local.png`. */
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { openBrowser } from '../test/browser/chromium.ts'

const { values, positionals } = parseArgs({
  options: {
    width: { type: 'string', default: '1200' },
    height: { type: 'string', default: '1000' },
    wait: { type: 'string', default: '0' },
  },
  allowPositionals: true,
})
const [page, file] = positionals
if (page === undefined || file === undefined) {
  process.stderr.write(
    'Usage: node scripts/picture.ts PAGE FILE.png [--width 1200] [--height 1000] [--wait SECONDS]; PAGE is an address or a file\n',
  )
  process.exit(2)
}
const browser = await openBrowser()
const shown = await browser.newPage({ viewport: { width: Number(values.width), height: Number(values.height) } })
await shown.goto(/^https?:/.test(page) ? page : pathToFileURL(page).href)
await shown.waitForTimeout(Number(values.wait) * 1000)
await shown.screenshot({ path: file })
await browser.close()
