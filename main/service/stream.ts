// What an event iterator of the contract reads from. It is pulled: the reader asks, `produce` gives
// what is new by then, so a slow reader gets fewer and larger items and nothing queues up for it.
// Ends when its signal aborts. Not a generator: a generator that waits cannot be ended from
// outside.
export interface StreamOptions<T> {
  signal: AbortSignal | undefined
  /** What is new, or undefined: then it is asked again after `wake`. */
  produce(stream: Stream<T>): T | undefined
  /** Called once, however the stream ended. */
  onEnd?(): void
}

export class Stream<T> implements AsyncIteratorObject<T, void, void> {
  private readonly options: StreamOptions<T>
  private ended = false
  private finishing = false
  private failure: { error: unknown } | undefined
  private waiter: (() => void) | undefined
  private timer: NodeJS.Timeout | undefined
  private timerAt = 0
  private readonly stop = () => this.end()

  constructor(options: StreamOptions<T>) {
    this.options = options
    options.signal?.addEventListener('abort', this.stop, { once: true })
    if (options.signal?.aborted) this.end()
  }

  /** Something may be new. */
  wake(): void {
    this.waiter?.()
  }

  /** Wakes by itself after so many milliseconds, or sooner when it was asked to before. */
  wakeIn(milliseconds: number): void {
    const at = performance.now() + milliseconds
    if (this.ended || (this.timer !== undefined && this.timerAt <= at)) return
    clearTimeout(this.timer)
    this.timerAt = at
    this.timer = setTimeout(() => {
      this.timer = undefined
      this.wake()
    }, milliseconds)
  }

  /** The items produced so far are still given; an error then, if there is one. */
  finish(error?: unknown): void {
    if (error !== undefined) this.failure = { error }
    this.finishing = true
    this.wake()
  }

  async next(): Promise<IteratorResult<T, void>> {
    while (!this.ended) {
      const item = this.produced()
      if (item !== undefined) return { done: false, value: item }
      if (this.finishing) break
      await new Promise<void>((wake) => (this.waiter = wake))
      this.waiter = undefined
    }
    this.end()
    const failure = this.failure
    this.failure = undefined
    if (failure) throw failure.error
    return { done: true, value: undefined }
  }

  // what cannot be read now will not be read later: whoever listens for this stream stops listening
  private produced(): T | undefined {
    try {
      return this.options.produce(this)
    } catch (error) {
      this.end()
      throw error
    }
  }

  async return(): Promise<IteratorResult<T, void>> {
    this.end()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end()
  }

  private end(): void {
    if (this.ended) return
    this.ended = true
    clearTimeout(this.timer)
    this.options.signal?.removeEventListener('abort', this.stop)
    this.wake()
    this.options.onEnd?.()
  }
}

/**
 * Work as a stream: of its progress only the newest is kept for a slow reader, its result is always
 * the last item.
 */
export function workStream<T>(
  signal: AbortSignal | undefined,
  work: (progress: (item: T) => void, cancel: AbortSignal) => Promise<T | undefined>,
): Stream<T> {
  const cancel = new AbortController()
  let newest: T | undefined
  let result: T | undefined
  const stream: Stream<T> = new Stream({
    signal,
    produce() {
      const item = newest ?? result
      if (newest !== undefined) newest = undefined
      else result = undefined
      return item
    },
    onEnd: () => cancel.abort(),
  })
  const progress = (item: T) => {
    newest = item
    stream.wake()
  }
  work(progress, cancel.signal).then(
    (last) => {
      result = last
      stream.finish()
    },
    (error: unknown) => stream.finish(error),
  )
  return stream
}
