import { execFile } from 'node:child_process'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { findHelm } from '../../scripts/charts/helm.ts'
import { unknownFields } from './kubernetes-model.ts'
import { sound } from './objects.ts'
import { parseObjects, withHelm } from './render.ts'

const run = promisify(execFile)
const root = new URL('../../', import.meta.url)
const helm = await findHelm()

t.test('the on-sale takes the service chart through a committed link', async (t) => {
  const link = fileURLToPath(new URL('charts/headroom/charts/service', root))
  t.ok((await lstat(link)).isSymbolicLink())
  t.equal(await readlink(link), '../../service')
})

t.test('a template file holds one object, or only definitions, or only guards', async (t) => {
  for (const chart of ['service', 'headroom']) {
    const folder = new URL(`charts/${chart}/templates/`, root)
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name === 'NOTES.txt') continue
      const text = await readFile(`${entry.parentPath}/${entry.name}`, 'utf8')
      const expected = entry.name.startsWith('_') || entry.name === 'requirements.yaml' ? 0 : 1
      t.equal(text.match(/^kind: /gm)?.length ?? 0, expected, `${chart}: ${entry.name}`)
    }
  }
})

t.test('helm lints both charts and packages them with what they link to', withHelm, async (t) => {
  const values = ['--set-string', 'name=a,image.repository=a,image.tag=1']
  const options = { cwd: fileURLToPath(root) }
  await t.resolves(run(helm as string, ['lint', '--strict', 'charts/service', '--kube-version', '1.34.0', ...values], options))
  await t.resolves(
    run(helm as string, ['lint', '--strict', 'charts/headroom', '--kube-version', '1.34.0', '--set-string', 'global.image.tag=1'], options),
  )
  const folder = t.testdir({})
  await run(helm as string, ['package', 'charts/headroom', '--destination', folder], options)
  const [archive] = await readdir(folder)
  const packaged = `${folder}/${archive}`
  const { stdout } = await run(
    helm as string,
    ['template', 'headroom', packaged, '--kube-version', '1.34.0', '--set-string', 'global.image.tag=1'],
    options,
  )
  t.ok(parseObjects(stdout).some(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'headroom-orders'))
})

t.test('the manifests of k8s/ are sound', async (t) => {
  sound(t, parseObjects(await readFile(new URL('k8s/load-job.yaml', root), 'utf8')), 'load-job.yaml')
  for (const file of ['metrics-server.yaml', 'prometheus.yaml']) {
    const text = await readFile(new URL(`k8s/${file}`, root), 'utf8')
    const objects = parseObjects(text).filter(({ kind }) => kind !== 'APIService')
    t.ok(objects.length >= 6)
    // metrics-server is its project's own manifest: its fields are checked, its style is not.
    if (file === 'prometheus.yaml') sound(t, objects, file)
    t.strictSame(objects.flatMap(unknownFields), [], file)
    for (const [image, tag] of text.matchAll(/image: \S+?:(\S+)/g)) t.match(tag, /^v\d+\.\d+\.\d+$/, `${image} is one version`)
  }
})

t.test('both kind clusters lead a port of this machine to the node port of the gateway', async (t) => {
  const values = await readFile(new URL('charts/headroom/values-kind.yaml', root), 'utf8')
  for (const file of ['kind.yaml', 'kind-ha.yaml']) {
    const [cluster] = parseAllDocuments(await readFile(new URL(`k8s/${file}`, root), 'utf8')).map((document) => document.toJS())
    const [{ containerPort, listenAddress }] = cluster.nodes[0].extraPortMappings
    t.match(values, `nodePort: ${containerPort}`)
    t.equal(listenAddress, '127.0.0.1', 'and lets nobody else in')
  }
})
