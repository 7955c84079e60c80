import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { Server } from './service.ts'

const types: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

/** Everything from this origin, nothing from another, nothing inline, in nobody's frame. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** The files of a folder by the path under which a page finds them; `index.html` is `/`. */
export function pageFiles(folder: URL): Record<string, URL> {
  return Object.fromEntries(readdirSync(folder).map((name) => [name === 'index.html' ? '/' : `/${name}`, new URL(name, folder)]))
}

/**
 * Serves a page: a handful of files, read once, under a content policy that keeps it to this origin. Caches ask each time and get 304.
 * @param files by path; HTML, CSS, JavaScript modules and SVG
 * @throws Error naming a file that is none of these or cannot be read
 */
export async function servePage(server: Server, files: Record<string, URL>): Promise<void> {
  for (const [url, file] of Object.entries(files)) {
    const type = types[file.pathname.split('.').at(-1) ?? '']
    if (type === undefined) throw new Error(`${file.pathname}: a page is made of ${Object.keys(types).join(', ')}`)
    const body = readFileSync(file)
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
    const headers = {
      etag,
      'cache-control': 'no-cache',
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    }
    server.route({
      method: 'GET',
      url,
      schema: { hide: true },
      handler: (request, reply) => {
        reply.headers(headers)
        if (request.headers['if-none-match'] === etag) reply.code(304).send()
        else reply.type(type).send(body)
      },
    })
  }
}
