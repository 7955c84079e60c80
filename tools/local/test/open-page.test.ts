import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { openPage } from '../open-page.ts'

const { PATH } = process.env
t.afterEach(() => {
  process.env.PATH = PATH
})

t.test('the address goes to the program that shows addresses on this system', async (t) => {
  const told = join(t.testdir(), 'told')
  const folder = t.testdir({
    bin: { 'xdg-open': `#!/bin/sh\necho "linux $1" > '${told}'\n`, open: `#!/bin/sh\necho "darwin $1" > '${told}'\n` },
  })
  for (const name of ['xdg-open', 'open']) chmodSync(join(folder, 'bin', name), 0o755)
  process.env.PATH = `${join(folder, 'bin')}:${PATH}`
  for (const platform of ['linux', 'darwin'] as const) {
    openPage('http://127.0.0.1:1/', platform)
    while (!existsSync(told) || readFileSync(told, 'utf8') !== `${platform} http://127.0.0.1:1/\n`) await delay(10)
    t.pass(platform)
  }
})

t.test('where there is none, nothing happens', async (t) => {
  process.env.PATH = t.testdir()
  openPage('http://127.0.0.1:1/')
  await delay(50)
  t.pass('no error came up')
})
