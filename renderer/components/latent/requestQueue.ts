// Requests of one view to a model, one in flight at a time: of each kind only the newest waits, and
// the most urgent kind goes first, so that a drag is never behind a picture or a thousand codes.
// Once in a while another kind gets its turn, so that the picture goes on living under a long drag.
import { untrack } from 'svelte'

const turns = 30 // requests of one kind in a row while another waits: 3 % of a drag's pictures wait for something else

export class RequestQueue {
  readonly #order: readonly string[]
  readonly #waiting = new Map<string, (signal: AbortSignal) => Promise<void>>()
  readonly #failed: (thrown: unknown) => void
  readonly #stop = new AbortController()
  #busy = false
  #current: { kind: string; stop: AbortController } | null = null
  #last = ''
  #inRow = 0

  /**
   * order: kinds of request, most urgent first. failed: told what a request threw, unless the queue
   * was closed.
   */
  constructor(order: readonly string[], failed: (thrown: unknown) => void) {
    this.#order = order
    this.#failed = failed
  }

  /**
   * Asks as soon as nothing is in flight; a request of the same kind that still waits is dropped.
   */
  ask(kind: string, request: (signal: AbortSignal) => Promise<void>): void {
    if (this.#stop.signal.aborted) return
    this.#waiting.set(kind, request)
    // a request may begin inside the effect that asked: what it reads is not what the effect
    // depends on
    if (!this.#busy) untrack(() => void this.#work())
  }

  /** Drops a kind that waits. */
  drop(kind: string): void {
    this.#waiting.delete(kind)
  }

  /**
   * Ends the request under way when it is of one of these kinds: nobody looks at the weights that
   * it asks any more.
   */
  end(kinds: readonly string[]): void {
    if (this.#current && kinds.includes(this.#current.kind)) this.#current.stop.abort()
  }

  close(): void {
    this.#waiting.clear()
    this.#stop.abort()
    this.#current?.stop.abort()
  }

  async #work(): Promise<void> {
    this.#busy = true
    for (let kind = this.#next(); kind !== undefined; kind = this.#next()) {
      const request = this.#waiting.get(kind)!
      this.#waiting.delete(kind)
      const stop = new AbortController()
      this.#current = { kind, stop }
      try {
        await request(stop.signal)
      } catch (thrown) {
        if (!stop.signal.aborted) this.#failed(thrown)
      }
    }
    this.#current = null
    this.#busy = false
  }

  #next(): string | undefined {
    const waiting = this.#order.filter((kind) => this.#waiting.has(kind))
    const kind =
      this.#inRow >= turns
        ? (waiting.find((each) => each !== this.#last) ?? waiting[0])
        : waiting[0]
    this.#inRow = kind === this.#last ? this.#inRow + 1 : 1
    this.#last = kind ?? ''
    return kind
  }
}
