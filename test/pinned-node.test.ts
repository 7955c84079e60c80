import { spawnSync } from 'node:child_process'
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'

const script = fileURLToPath(new URL('../scripts/pinned-node.mjs', import.meta.url))
const lacking = 'error while loading shared libraries: libatomic.so.1: cannot open shared object file: No such file or directory'

/** Runs the script beside a pinned Node that is a shell script, told by `preload` which version the machine's own Node is. */
function choose(t: Test, pinned: string, ownVersion: string) {
  const root = t.testdir({
    'own.mjs': `Object.defineProperty(process, 'versions', { value: { node: '${ownVersion}' } })`,
    node_modules: { '.bin': {} },
  })
  const link = join(root, 'node_modules', '.bin', 'node')
  spawnSync('sh', ['-c', `printf '%s\\n' '#!/bin/sh' "$0" > "$1" && chmod +x "$1"`, pinned, link])
  const { status, stderr } = spawnSync(process.execPath, ['--import', join(root, 'own.mjs'), script], { cwd: root, encoding: 'utf8' })
  return { status, stderr, linked: lstatSync(link, { throwIfNoEntry: false }) !== undefined }
}

t.test('a pinned Node that starts rules', async (t) => {
  t.strictSame(choose(t, 'echo v26.10.0', '20.19.0'), { status: 0, stderr: '', linked: true })
})

t.test("one that cannot start gives way to the machine's own, if that runs TypeScript", async (t) => {
  const { status, stderr, linked } = choose(t, `echo "node: ${lacking}" >&2; exit 127`, '24.1.0')
  t.match(stderr, /pinned Node cannot start here \(the system library libatomic\.so\.1 is missing\): this machine's own Node/)
  t.strictSame({ status, linked }, { status: 0, linked: false })
})

t.test('otherwise a sentence says what to install', async (t) => {
  const { status, stderr, linked } = choose(t, `echo "node: ${lacking}" >&2; exit 127`, '20.19.0')
  t.match(
    stderr,
    /libatomic\.so\.1 is missing\. Install it \(libatomic1 on Debian and Ubuntu, libatomic on Fedora\), or put Node 24 or later/,
  )
  t.strictSame({ status, linked }, { status: 1, linked: true })
  t.match(choose(t, 'echo no such instruction >&2; exit 132', '22.0.0').stderr, /cannot start here: no such instruction\. Mend that, or/)
})
