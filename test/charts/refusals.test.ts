import { readFile } from 'node:fs/promises'
import t from 'tap'
import { onSale, refusal, render, service, withHelm } from './render.ts'

interface Refused {
  chart: 'service' | 'headroom'
  values: object
  /** Part of the sentence; it says what is wrong and what to do. */
  says: RegExp
  flags?: string[]
}

const database = { enabled: true, host: 'pg', name: 'a', user: 'a', secret: 's' }
const rules = (verb: string) => [{ apiGroups: [''], resources: ['pods'], verbs: [verb] }]

/** One set of values for each guard. */
const refused: Refused[] = [
  { chart: 'service', values: { name: '' }, says: /name is empty: set it/ },
  { chart: 'service', values: { image: { repository: '' } }, says: /image\.repository is empty: set it/ },
  { chart: 'service', values: { image: { tag: '' } }, says: /no image tag: set image\.tag or global\.image\.tag/ },
  { chart: 'service', values: { image: { tag: 'latest' } }, says: /tag latest names no particular image/ },
  { chart: 'service', values: { image: { tag: `latest@sha256:${'a'.repeat(64)}` } }, says: /tag latest names no particular image/ },
  { chart: 'service', values: { opsPort: 3000 }, says: /port and opsPort are both 3000/ },
  {
    chart: 'service',
    values: { autoscaling: { minReplicas: 5, maxReplicas: 4 } },
    says: /maxReplicas \(4\) is below autoscaling\.minReplicas \(5\)/,
  },
  { chart: 'service', values: { resources: { requests: { cpu: null } } }, says: /by CPU needs resources\.requests\.cpu/ },
  {
    chart: 'service',
    values: { resources: { requests: { memory: null } }, autoscaling: { targetMemoryUtilizationPercentage: 80 } },
    says: /by memory needs resources\.requests\.memory/,
  },
  {
    chart: 'service',
    values: { resources: { requests: { cpu: '500m' }, limits: { cpu: '0.75' } }, autoscaling: { targetCPUUtilizationPercentage: 150 } },
    says: /targetCPUUtilizationPercentage \(150\) can never be passed: with these resources at most 150 percent/,
  },
  { chart: 'service', values: { rollout: { maxSurge: '0%', maxUnavailable: 0 } }, says: /maxSurge and rollout\.maxUnavailable are both 0/ },
  {
    chart: 'service',
    values: { terminationGracePeriodSeconds: 26 },
    says: /terminationGracePeriodSeconds \(26\) must exceed .*\(26000 ms\)/,
  },
  { chart: 'service', values: { env: { PORT: '1' } }, says: /variable PORT is set twice/ },
  { chart: 'service', values: { secretEnv: { POD_NAME: { secret: 'a', key: 'b' } } }, says: /variable POD_NAME is set twice/ },
  {
    chart: 'service',
    values: { env: { X_URL: 'a' }, peers: { calls: { X_URL: { service: 'x', port: 1 } } } },
    says: /variable X_URL is set twice/,
  },
  { chart: 'service', values: { env: { SEED: 'a' }, migration: { env: { SEED: 'b' } } }, says: /variable SEED is set twice/ },
  { chart: 'service', values: { database, env: { PGHOST: 'a' } }, says: /variable PGHOST is set twice/ },
  {
    chart: 'service',
    values: { env: { API_TOKEN: 'a' } },
    says: /env\.API_TOKEN would be a secret for everybody .* name that in secretEnv/,
  },
  { chart: 'service', values: { env: { X_URL: 'http://me:pass@peer:1' } }, says: /env\.X_URL would be a secret/ },
  { chart: 'service', values: { migration: { env: { SIGNING_KEY: 'a' } } }, says: /migration\.env\.SIGNING_KEY would be a secret/ },
  { chart: 'service', values: { database: { ...database, host: '' } }, says: /database\.host is empty: name the server/ },
  { chart: 'service', values: { database: { ...database, user: '' } }, says: /database\.name and database\.user must both be set/ },
  { chart: 'service', values: { database: { ...database, secret: '' } }, says: /database\.secret is empty: name the Secret/ },
  { chart: 'service', values: { migration: { enabled: true } }, says: /migration\.args is empty: say how/ },
  { chart: 'service', values: { service: { nodePort: 30080 } }, says: /service\.nodePort is set and service\.type is ClusterIP/ },
  { chart: 'service', values: { service: { type: 'NodePort', nodePort: 8080 } }, says: /\(8080\) is outside of 30000-32767/ },
  { chart: 'service', values: { httpRoute: { enabled: true } }, says: /httpRoute\.parentRefs is empty/ },
  {
    chart: 'service',
    values: { httpRoute: { enabled: true, parentRefs: [{ name: 'a' }] } },
    says: /needs gateway\.networking\.k8s\.io\/v1, which this cluster does not serve/,
  },
  {
    chart: 'service',
    values: { metrics: { scrape: 'serviceMonitor' } },
    says: /needs monitoring\.coreos\.com\/v1, which this cluster does not serve/,
  },
  { chart: 'service', values: { serviceAccount: { rules: rules('get') } }, says: /serviceAccount\.rules without a token/ },
  { chart: 'service', values: { serviceAccount: { token: true, rules: rules('*') } }, says: /a wildcard in serviceAccount\.rules/ },
  {
    chart: 'headroom',
    values: { global: { databaseSecret: '', externalDatabase: { host: 'db.example' } } },
    says: /databaseSecret is empty: name the Secret/,
  },
  {
    chart: 'headroom',
    values: { monitoring: { rules: { enabled: true } } },
    says: /monitoring\.rules\.enabled needs monitoring\.coreos\.com\/v1, which this cluster does not serve/,
  },
  { chart: 'headroom', values: { hello: { database } }, says: /hello\.env\.DATABASE_POOL_MAX is not set/ },
  {
    chart: 'headroom',
    values: { database: { maxConnections: 150 } },
    says: /could open \d+ database connections and database\.maxConnections is 150 \(13 reserved, catalog 4 x/,
  },
]

const messages: string[] = []

for (const { chart, values, says, flags = [] } of refused) {
  t.test(`charts/${chart} refuses ${JSON.stringify(values).slice(0, 80)}`, withHelm, async (t) => {
    const message = await refusal(t, (chart === 'service' ? service : onSale)(values, { flags }))
    t.match(message, says)
    messages.push(message)
  })
}

t.test('every guard is tested', withHelm, async (t) => {
  for (const chart of ['service', 'headroom']) {
    const text = await readFile(new URL(`../../charts/${chart}/templates/requirements.yaml`, import.meta.url), 'utf8')
    const sentences = [...text.matchAll(/fail (?:\(printf )?"([^"]+)"/g)].map(([, sentence = '']) => sentence)
    t.ok(sentences.length >= 3)
    const idle = sentences.filter((sentence) => !messages.some((message) => formed(sentence).test(message)))
    t.strictSame(idle, [], `charts/${chart}: ${sentences.length} guards`)
  }
})

/** What a guard's sentence looks like once its places are filled. */
function formed(sentence: string): RegExp {
  return new RegExp(
    sentence
      .split(/%(?:s|d|\.0f)/)
      .map((words) => RegExp.escape(words))
      .join('.+'),
  )
}

t.test('an unsupported Kubernetes is refused', withHelm, async (t) => {
  t.match(await refusal(t, service({}, { kubeVersion: '1.29.0' })), /kubeVersion/)
})

t.test('a standalone service without any values says what to set first', withHelm, async (t) => {
  t.match(await refusal(t, render({ chart: 'charts/service' })), /name is empty: set it/)
})
