import t from 'tap'
import { KubeError, type KubeHttp } from '../lib/kube-http.ts'
import { Reflector } from '../lib/reflector.ts'
import { FakeClock, settled } from './fake-clock.ts'

const refreshMs = 4000

/** An API that is gone, and later has nothing and says so. */
class EmptyApi implements Pick<KubeHttp, 'json' | 'lines'> {
  gone = true
  lists = 0

  async json<T>(): Promise<T> {
    if (this.gone) throw new KubeError(503, 'gone')
    this.lists++
    return JSON.parse('{"items": [], "metadata": {"resourceVersion": "1"}}')
  }

  lines(_path: string, signal: AbortSignal, opened: () => void): Promise<void> {
    return new Promise((_resolve, reject) => {
      if (this.gone) return reject(new KubeError(503, 'gone'))
      opened()
      signal.addEventListener('abort', () => reject(signal.reason))
    })
  }
}

t.test('a list that is due soon after trouble is no failure: the next one does not wait', async (t) => {
  const clock = new FakeClock(() => 0.5)
  const http = new EmptyApi()
  const reflector = new Reflector({ http, path: '/', refreshMs, put() {}, onHeard() {}, onOpened() {}, onTrouble() {}, clock })
  const running = reflector.run()
  const step = async () => {
    await settled(() => clock.pending(() => true) > 0)
    clock.step()
  }
  while (clock.now() < 120_000) await step()
  http.gone = false
  while (http.lists === 0) await step()
  const [fromMs, before] = [clock.now(), http.lists]
  while (clock.now() < fromMs + 60_000) await step()
  await settled(() => clock.pending(() => true) > 0)
  t.equal(http.lists - before, 60_000 / refreshMs)
  reflector.stop()
  await running
})
