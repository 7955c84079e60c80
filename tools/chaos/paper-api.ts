import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { KubeFaults } from '@headroom/local/kube/faults'
import { type KubeApi, serveKube } from '@headroom/local/kube/server'
import { Store } from '@headroom/local/kube/store'
import { PaperFleet } from './kube-fleet.ts'
import type { RowContext } from './row.ts'

const changeEveryMs = 100
const bookmarkIntervalMs = 500

/** The local Kubernetes API over a fleet without processes, which can go away and come back on its port. */
export class PaperApi {
  readonly store = new Store()
  readonly faults = new KubeFaults()
  readonly kubeconfig: string
  goneForMs = 0
  #api: KubeApi | undefined
  #port = 0
  #leftAtMs = 0
  readonly #changing: NodeJS.Timeout

  private constructor({ folder, random }: RowContext) {
    this.kubeconfig = join(folder, 'kubeconfig')
    const fleet = new PaperFleet(this.store, random)
    this.#changing = setInterval(() => fleet.change(), changeEveryMs)
  }

  /** Starts it with a file for KUBECONFIG in the row's folder; the caller closes it. */
  static async start(context: RowContext): Promise<PaperApi> {
    const api = new PaperApi(context)
    await api.comeBack()
    return api
  }

  async comeBack(): Promise<void> {
    const { store, faults } = this
    this.#api = await serveKube(store, { namespace: 'shop', port: this.#port, bookmarkIntervalMs, faults })
    this.#port = Number(new URL(this.#api.url).port)
    writeFileSync(this.kubeconfig, this.#api.kubeconfig)
    if (this.#leftAtMs > 0) this.goneForMs += performance.now() - this.#leftAtMs
  }

  async leave(): Promise<void> {
    this.#leftAtMs = performance.now()
    await this.#api?.close()
  }

  stopChanging(): void {
    clearInterval(this.#changing)
  }

  async close(): Promise<void> {
    this.stopChanging()
    await this.#api?.close()
  }
}
