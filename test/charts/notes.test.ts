import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { leastValues, merge, render, withHelm } from './render.ts'

const root = new URL('../../', import.meta.url)

/** Helm prints notes on install alone, which asks a cluster: here a copy of the chart renders them as an object's text. */
async function notes(folder: string, chart: string, values: object): Promise<string> {
  const copy = `${folder}/${chart}`
  await cp(fileURLToPath(new URL(`charts/${chart}`, root)), copy, { recursive: true, dereference: true })
  const text = await readFile(`${copy}/templates/NOTES.txt`, 'utf8')
  await rm(`${copy}/templates/NOTES.txt`)
  await writeFile(`${copy}/templates/_notes.tpl`, `{{- define "notes" }}${text}{{ end }}`)
  await writeFile(
    `${copy}/templates/notes.yaml`,
    'apiVersion: v1\nkind: Notes\nmetadata: {name: notes}\ntext: {{ include "notes" . | toJson }}\n',
  )
  const objects = await render({ chart: copy, values })
  await rm(copy, { recursive: true })
  return objects.find(({ kind }) => kind === 'Notes')?.text
}

t.test('the notes of the on-sale are the commands to run', withHelm, async (t) => {
  const folder = t.testdir({})
  const values = { global: { image: { tag: '1' } } }
  const text = await notes(folder, 'headroom', values)
  for (const command of [
    'kubectl port-forward --namespace headroom service/headroom-gateway 8080:3000\n',
    'curl http://127.0.0.1:8080/hello\n',
    'curl http://127.0.0.1:8080/api/events\n',
    "sed 's#image: headroom/\\(.*\\):REVISION#image: headroom/\\1:1#' k8s/load-job.yaml | kubectl apply --namespace headroom --filename -\n",
    'kubectl logs --namespace headroom --follow job/headroom-load --container load\n',
    'kubectl get horizontalpodautoscalers --namespace headroom --watch\n',
    'helm test headroom --namespace headroom\n',
  ]) {
    t.ok(text.includes(command), command)
  }
  t.match(text, 'headroom-database, which stays')
  t.notMatch(text, 'node port')
  t.notMatch(await notes(folder, 'headroom', merge(values, { global: { databaseSecret: 'given' } })), 'headroom-database')
  t.match(
    await notes(folder, 'headroom', merge(values, { gateway: { service: { type: 'NodePort', nodePort: 30080 } } })),
    'node port 30080',
  )
})

t.test('the notes of one service', withHelm, async (t) => {
  const folder = t.testdir({})
  const text = await notes(folder, 'service', leastValues)
  t.match(text, 'kubectl port-forward --namespace headroom service/headroom-orders 3000:3000')
  t.match(
    text,
    'kubectl get horizontalpodautoscaler,deployment,pods --namespace headroom --selector app.kubernetes.io/name=headroom-orders --watch',
  )
  t.notMatch(text, 'helm test')
  const fixed = await notes(folder, 'service', merge(leastValues, { autoscaling: { enabled: false }, test: { path: '/hello' } }))
  t.match(fixed, 'kubectl get deployment,pods')
  t.match(fixed, 'helm test headroom')
})
