import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ensureNamespace } from '@headroom/cluster/install'
import { chart, kubectl, type Target, valuesFiles } from '@headroom/cluster/target'
import t from 'tap'
import { onSale } from './helper.ts'

const execute = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))
const release = 'headroom'
const waitFlags = ['--wait', '--timeout', '5m']
/** The node port belongs to the on-sale of the other tests. */
const noNodePort = ['--set', 'gateway.service.type=ClusterIP', '--set', 'gateway.service.nodePort=0']

const found = await execute('helm3', ['version', '--short']).then(
  ({ stdout }) => stdout.trim(),
  () => undefined,
)
const skip = found === undefined && 'helm3 is not on the PATH: install Helm 3 under that name beside Helm 4 to run this'

t.test(
  'Helm 3 installs, upgrades and rolls back with --wait, its migration Jobs included, and keeps the passwords',
  { skip },
  async (t) => {
    t.match(found, /^v3\./)
    const installed = await onSale(t)
    const target: Target = { ...installed.target, namespace: 'headroom-helm-3' }
    const helm3 = async (...args: string[]) => {
      const context = target.context ? ['--kube-context', target.context] : []
      return (await execute('helm3', [...context, '--namespace', target.namespace, ...args], { cwd: root })).stdout
    }
    t.teardown(() => kubectl(target, ['delete', 'namespace', target.namespace, '--wait=false']))
    await ensureNamespace(target)
    const values = [...valuesFiles('kind').flatMap((file) => ['--values', file]), '--set-string', `global.image.tag=${installed.tag}`]
    const get = async (...args: string[]) => await kubectl(target, ['get', ...args])
    const passwords = () => get('secret', 'headroom-database', '--output', 'jsonpath={.data}')
    const jobs = async () => (await get('jobs', '--output', 'jsonpath={.items[*].status.succeeded}')).trim().split(' ')

    await helm3('install', release, chart, ...values, ...noNodePort, ...waitFlags)
    const generated = await passwords()
    t.match(generated, /"orders":"[^"]{20,}"/)
    // `--wait` does not wait for Jobs, and a pod that is ready has seen its migration done a moment before the Job says so.
    await kubectl(target, ['wait', '--for=condition=Complete', 'jobs', '--all', '--timeout=60s'])
    t.ok((await jobs()).length >= 4 && (await jobs()).every((count) => count === '1'), 'every migration ran once')

    for (const logLevel of ['debug', 'warn'])
      await helm3('upgrade', release, chart, ...values, ...noNodePort, '--set-string', `hello.env.LOG_LEVEL=${logLevel}`, ...waitFlags)
    t.equal(await passwords(), generated, 'two upgrades leave the passwords alone')
    t.equal(await get('configmap', 'headroom-hello', '--output', 'jsonpath={.data.LOG_LEVEL}'), 'warn')

    await helm3('rollback', release, '1', ...waitFlags)
    t.equal(await get('configmap', 'headroom-hello', '--output', 'jsonpath={.data.LOG_LEVEL}'), '')
    t.equal(await passwords(), generated)
    const ready = await get('deployments', '--output', 'jsonpath={.items[*].status.readyReplicas}')
    t.strictSame(
      ready.split(' ').filter((count) => count === '0'),
      [],
    )
    await helm3('uninstall', release)
  },
)
