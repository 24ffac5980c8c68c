// Things that are fetched once and kept while there is room, the longest unused going first. The
// same promise serves everybody who asks while one is under way; what failed is asked for again.

interface Entry<Value> {
  promise: Promise<Value>
  value: Value | null
  bytes: number
}

export class Kept<Value> {
  // in order of use, the longest unused first
  readonly #entries = new Map<string, Entry<Value>>()
  readonly #room: number
  readonly #sizeOf: (value: Value) => number
  #bytes = 0

  /** room: bytes that may be kept. */
  constructor(room: number, sizeOf: (value: Value) => number) {
    this.#room = room
    this.#sizeOf = sizeOf
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  /** The value when it is here already. */
  peek(key: string): Value | null {
    const entry = this.#entries.get(key)
    if (!entry) return null
    this.#touch(key, entry)
    return entry.value
  }

  load(key: string, fetch: () => Promise<Value>): Promise<Value> {
    const known = this.#entries.get(key)
    if (known) {
      this.#touch(key, known)
      return known.promise
    }
    const entry: Entry<Value> = { promise: fetch(), value: null, bytes: 0 }
    this.#entries.set(key, entry)
    entry.promise.then(
      (value) => this.#arrived(key, entry, value),
      () => this.#forgetEntry(key, entry),
    )
    return entry.promise
  }

  /** Forgets what matches; what is still on its way is asked for anew. */
  forget(matches: (key: string) => boolean): void {
    for (const [key, entry] of [...this.#entries]) if (matches(key)) this.#forgetEntry(key, entry)
  }

  #arrived(key: string, entry: Entry<Value>, value: Value): void {
    if (this.#entries.get(key) !== entry) return
    entry.value = value
    entry.bytes = this.#sizeOf(value)
    this.#bytes += entry.bytes
    for (const [oldest, other] of this.#entries) {
      if (this.#bytes <= this.#room || other === entry) break
      if (other.value !== null) this.#forgetEntry(oldest, other)
    }
  }

  #touch(key: string, entry: Entry<Value>): void {
    this.#entries.delete(key)
    this.#entries.set(key, entry)
  }

  #forgetEntry(key: string, entry: Entry<Value>): void {
    if (this.#entries.get(key) !== entry) return
    this.#entries.delete(key)
    this.#bytes -= entry.bytes
  }
}
