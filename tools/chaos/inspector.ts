/** What a process holds on to, counted after a garbage collection. */
export interface Held {
  /** Timers that will still act, those that keep nothing alive included. */
  timers: number
  /** Listeners on every event emitter. */
  listeners: number
  abortSignals: number
  heapBytes: number
}

const answerWithinMs = 20_000

/** Each kind is found by its prototype: nothing was built into the process for this. */
const prototypes = {
  timers: '(() => { const timer = setTimeout(() => {}, 1); clearTimeout(timer); return Object.getPrototypeOf(timer) })()',
  listeners: "(() => { let at = process; while (!Object.hasOwn(at, 'setMaxListeners')) at = Object.getPrototypeOf(at); return at })()",
  abortSignals: 'AbortSignal.prototype',
}

const counts: Record<keyof typeof prototypes, string> = {
  timers: 'function () { return this.filter(({ _destroyed }) => _destroyed === false).length }',
  listeners: `function () {
    let count = 0
    for (const { _events } of this) {
      for (const key of _events ? Reflect.ownKeys(_events) : []) count += typeof _events[key] === 'function' ? 1 : (_events[key]?.length ?? 0)
    }
    return count
  }`,
  abortSignals: 'function () { return this.length }',
}

const group = 'held'
type Answer = Record<string, unknown> & { result?: { value?: unknown; objectId?: string }; exceptionDetails?: object }

/** One connection to the inspector of a Node process: https://chromedevtools.github.io/devtools-protocol/v8/ */
export class Inspector {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, (message: { result?: Answer; error?: { message: string } }) => void>()
  #sent = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(String(data))
      this.#waiting.get(message.id)?.(message)
    })
  }

  /**
   * Connects; the caller closes it.
   * @param url as the process prints it: `ws://127.0.0.1:41234/...`
   * @throws Error when no inspector answers there within 20 s
   */
  static async open(url: string): Promise<Inspector> {
    const socket = new WebSocket(url)
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${url}: no answer within ${answerWithinMs / 1000} s`)), answerWithinMs)
      socket.addEventListener('open', () => resolve())
      socket.addEventListener('error', () => reject(new Error(`${url}: no inspector answers there`)))
      socket.addEventListener('close', () => clearTimeout(timer))
      socket.addEventListener('open', () => clearTimeout(timer))
    })
    return new Inspector(socket)
  }

  /** Counts what the process holds. It stands still for the time of a heap walk. @throws Error when it does not answer within 20 s or refuses */
  async held(): Promise<Held> {
    const held: Held = { timers: 0, listeners: 0, abortSignals: 0, heapBytes: 0 }
    for (const name of Object.keys(prototypes) as (keyof typeof prototypes)[])
      held[name] = await this.#count(prototypes[name], counts[name])
    // What was counted is held by this session until it is let go.
    await this.#send('Runtime.releaseObjectGroup', { objectGroup: group })
    await this.collectGarbage()
    held.heapBytes = Number((await this.#send('Runtime.getHeapUsage')).usedSize)
    return held
  }

  /** Makes the process collect its garbage now. @throws Error when it does not answer within 20 s */
  async collectGarbage(): Promise<void> {
    await this.#send('HeapProfiler.collectGarbage')
  }

  close(): void {
    this.#socket.close()
  }

  /** Asks and resolves with the answer. @throws Error when it is a refusal or does not come */
  async #send(method: string, params: object = {}): Promise<Answer> {
    const id = ++this.#sent
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const timer = setTimeout(() => reject(new Error(`${method}: no answer within ${answerWithinMs / 1000} s`)), answerWithinMs)
    this.#waiting.set(id, ({ result = {}, error }) => {
      if (error ?? result.exceptionDetails) reject(new Error(`${method}: ${error?.message ?? JSON.stringify(result.exceptionDetails)}`))
      else resolve(result)
    })
    this.#socket.send(JSON.stringify({ id, method, params }))
    return await promise.finally(() => {
      clearTimeout(timer)
      this.#waiting.delete(id)
    })
  }

  /** What `functionDeclaration` makes of the array of every object that has the prototype. */
  async #count(prototype: string, functionDeclaration: string): Promise<number> {
    const { result } = await this.#send('Runtime.evaluate', { expression: prototype, objectGroup: group })
    const { objects } = (await this.#send('Runtime.queryObjects', { prototypeObjectId: result?.objectId, objectGroup: group })) as {
      objects?: { objectId: string }
    }
    const counted = await this.#send('Runtime.callFunctionOn', { objectId: objects?.objectId, functionDeclaration, returnByValue: true })
    return Number(counted.result?.value)
  }
}
