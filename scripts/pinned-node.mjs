// The last word on which Node runs the project. Plain JavaScript, because it is run by whichever Node the machine has, 20 or later.
// npm puts node_modules/.bin first on the path, so the pinned Node rules wherever it starts. Where a system library is missing it does not:
// then its link is taken away and the machine's own Node rules, if it can run TypeScript; otherwise a sentence says what to install.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'

/** The first that runs .ts files as they are, without a flag and without a warning. */
const ownMajorMin = 24
const packages = { 'libatomic.so.1': 'libatomic1 on Debian and Ubuntu, libatomic on Fedora' }

const link = join(process.cwd(), 'node_modules', '.bin', 'node')
const { status, stderr, error } = spawnSync(link, ['--version'], { encoding: 'utf8' })

if (status !== 0) {
  const words = (stderr || error?.message || '').trim().split('\n')[0]
  const library = /error while loading shared libraries: (?:\S*\/)?([^:\s/]+)/.exec(words)?.[1]
  const reason = library ? `the system library ${library} is missing` : words
  if (Number(process.versions.node.split('.')[0]) >= ownMajorMin) {
    rmSync(link, { force: true })
    process.stderr.write(`The pinned Node cannot start here (${reason}): this machine's own Node ${process.version} is used.\n`)
  } else {
    const install = library ? `Install it (${packages[library] ?? "with the system's package manager"})` : 'Mend that'
    process.stderr.write(
      `The pinned Node cannot start here: ${reason}. ${install}, or put Node ${ownMajorMin} or later on the path, then run make setup again.\n`,
    )
    process.exitCode = 1
  }
}
