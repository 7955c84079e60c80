import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { ended, start } from './command.ts'
import { ClusterError } from './errors.ts'
import { kubectlFlags, type Target } from './target.ts'

const answerWithinMs = 10_000

/** Whoever only looks at what may be missing. */
export type KubeReader = Pick<KubeApi, 'namespace' | 'find'>

/** An answer of the API server that is not 2xx. */
export class KubeApiError extends Error {
  override name = 'KubeApiError'
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/**
 * The API server, read with fetch through one `kubectl proxy`: a poll then costs a request, not a process,
 * and every kind of kubeconfig authentication works.
 */
export class KubeApi {
  readonly namespace: string
  readonly #child: ChildProcess
  readonly #base: string

  static async open(target: Target): Promise<KubeApi> {
    const child = start('kubectl', [...kubectlFlags(target), 'proxy', '--port=0'], { stdio: ['ignore', 'pipe', 'pipe'] })
    process.once('exit', () => child.kill())
    return new KubeApi(target.namespace, child, await address(child))
  }

  private constructor(namespace: string, child: ChildProcess, base: string) {
    this.namespace = namespace
    this.#child = child
    this.#base = base
  }

  /** Reads JSON. @throws KubeApiError for any other status than 2xx */
  async get<T>(path: string): Promise<T> {
    return JSON.parse(await this.text(path)) as T
  }

  /** Lists objects of a namespaced kind: `list('apps/v1', 'deployments')`, `list('v1', 'pods', 'app=x')`. */
  async list<T>(group: string, plural: string, labelSelector?: string): Promise<T[]> {
    const root = group === 'v1' ? '/api/v1' : `/apis/${group}`
    const query = labelSelector ? `?labelSelector=${encodeURIComponent(labelSelector)}` : ''
    return (await this.get<{ items: T[] }>(`${root}/namespaces/${this.namespace}/${plural}${query}`)).items
  }

  /** Reads text. @throws KubeApiError for any other status than 2xx */
  async text(path: string): Promise<string> {
    const response = await fetch(`${this.#base}${path}`, { signal: AbortSignal.timeout(answerWithinMs) })
    const body = await response.text()
    if (response.ok) return body
    throw new KubeApiError(response.status, `GET ${path}: ${response.status} ${messageOf(body)}`)
  }

  /** Reads JSON where the path exists, undefined where it does not (404) or what is behind it does not answer (503). */
  async find<T>(path: string): Promise<T | undefined> {
    try {
      return await this.get<T>(path)
    } catch (error) {
      if (error instanceof KubeApiError && (error.status === 404 || error.status === 503)) return undefined
      throw error
    }
  }

  close(): void {
    this.#child.kill()
  }
}

/** The address that kubectl proxy prints once it listens. */
async function address(child: ChildProcess): Promise<string> {
  let complaint = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-2000)
  })
  const gone = ended('kubectl', child).then((): never => {
    throw new ClusterError(`kubectl proxy did not start: ${complaint.trim() || 'it said nothing'}`)
  })
  gone.catch(() => {})
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  const listening = new Promise<string>((resolve) => {
    lines.on('line', (line) => {
      const match = /Starting to serve on (\S+)/.exec(line)
      if (match) resolve(`http://${match[1]}`)
    })
  })
  return await Promise.race([listening, gone])
}

function messageOf(body: string): string {
  try {
    return (JSON.parse(body) as { message?: string }).message ?? body.slice(0, 300)
  } catch {
    return body.slice(0, 300)
  }
}
