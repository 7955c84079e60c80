import { pathToFileURL } from 'node:url'
import t from 'tap'
import { pageFiles, servePage } from '../page.ts'
import { built } from './helper.ts'

t.test('a folder is served as a page that stays on its origin', async (t) => {
  const folder = pathToFileURL(`${t.testdir({ 'index.html': '<p>page</p>', 'main.js': 'x()', 'style.css': 'p{}' })}/`)
  const { server } = await built(t, (server) => servePage(server, pageFiles(folder)))
  const page = await server.inject('/')
  t.match(page, { statusCode: 200, body: '<p>page</p>' })
  t.match(page.headers, { 'content-type': /^text\/html/, 'x-content-type-options': 'nosniff', 'cache-control': 'no-cache' })
  const policy = String(page.headers['content-security-policy'])
  t.match(policy, /^default-src 'none'; script-src 'self'/)
  t.notMatch(policy, /unsafe|https?:|\*/)
  t.match((await server.inject('/main.js')).headers, { 'content-type': /^text\/javascript/ })
  t.match((await server.inject('/style.css')).headers, { 'content-type': /^text\/css/ })
  const again = await server.inject({ url: '/', headers: { 'if-none-match': String(page.headers.etag) } })
  t.match(again, { statusCode: 304, body: '' })
  t.equal((await server.inject('/../page.ts')).statusCode, 404)
})

t.test('what is no part of a page is refused by name', async (t) => {
  const folder = pathToFileURL(`${t.testdir({ 'notes.txt': '' })}/`)
  await t.rejects(
    built(t, (server) => servePage(server, pageFiles(folder))),
    /notes\.txt: a page is made of html, css, js, svg/,
  )
})
