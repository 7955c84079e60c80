import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))
const cli = (args: string[], env: NodeJS.ProcessEnv = process.env) =>
  spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env })

t.test('--help says what there is', async (t) => {
  const { status, stdout } = cli(['--help'])
  t.equal(status, 0)
  for (const word of ['image', 'up', 'demo', 'scale', 'nodes', 'release', 'doctor', '--registry', '--namespace']) t.match(stdout, word)
})

t.test('a wrong flag ends with 2 and one sentence', async (t) => {
  const { status, stderr } = cli(['doctor', '--surge', '3'])
  t.equal(status, 2)
  t.equal(stderr, '--surge is no flag of doctor; it takes --kind --namespace.\n')
})

t.test('missing programs are named at once, each with where to get it', async (t) => {
  const { status, stderr } = cli(['up'], { ...process.env, PATH: '/nonexistent' })
  t.equal(status, 1)
  for (const tool of ['docker', 'kind', 'kubectl', 'helm']) t.match(stderr, new RegExp(`^${tool} is not on the PATH: .*https://`, 'm'))
})
