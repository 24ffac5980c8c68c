// The questions of one connection on their way in: they wait here until the room admits them. When
// too many wait, the carrier stops reading; a carrier that cannot stop has the rest refused with
// `busy`.
import { StudioError } from '../../preload/contract/errors.ts'
import type { Held, Room, Waiting } from './requestLimits.ts'

/** A question as it waits. */
export interface Entry {
  id: string
  /** The procedure's address, "/runs/get". */
  path: string
  /** Of its message. */
  bytes: number
}

/**
 * Waiting questions, and bytes of their messages, at which the carrier stops reading, and at which
 * it goes on.
 */
const stopAt = { count: 256, bytes: 2 * 2 ** 20 }
const goOnAt = { count: 64, bytes: 2 ** 19 }
/** Where the carrier cannot stop reading: more are refused. */
const refuseAt = { count: 4096, bytes: 16 * 2 ** 20 }

export interface IntakeOptions<E extends Entry> {
  room: Room
  /**
   * Answers a question; `leaving` is called with the bytes of its answer once they are known. Never
   * rejects.
   */
  answer(entry: E, leaving: (bytes: number) => void): Promise<void>
  /** Answers it with an error. Never rejects. */
  refuse(entry: E, error: StudioError): void
  /** Stop and go on reading; missing where the carrier cannot. */
  pause?: (() => void) | undefined
  resume?: (() => void) | undefined
}

export class Intake<E extends Entry> implements Waiting {
  readonly held: Held = { questions: 0, bytes: 0, streams: 0 }
  private readonly options: IntakeOptions<E>
  private readonly waiting = new Map<string, E>()
  private waitingBytes = 0
  private paused = false
  private closed = false

  constructor(options: IntakeOptions<E>) {
    this.options = options
  }

  get waits(): boolean {
    return this.waiting.size > 0
  }

  /** A question has come. A second one with the number of one that waits is none. */
  take(entry: E): void {
    if (this.closed || this.waiting.has(entry.id)) return
    if (!this.options.pause && this.isPast(refuseAt))
      return this.options.refuse(entry, this.tooMany())
    this.waiting.set(entry.id, entry)
    this.waitingBytes += entry.bytes
    // those that came before it, of this connection or of another, begin first
    if (this.waiting.size > 1 || !this.beginOne()) this.options.room.await(this)
    if (!this.paused && this.options.pause && this.isPast(stopAt)) {
      this.paused = true
      this.options.pause()
    }
  }

  /** Whether this question waits. */
  holds(entry: E): boolean {
    return this.waiting.get(entry.id) === entry
  }

  /** Whether a question with this number waits. */
  has(id: string): boolean {
    return this.waiting.has(id)
  }

  /** True when it waited: its asker has left, and it will not be answered. */
  forget(id: string): boolean {
    return this.remove(id) !== undefined
  }

  beginOne(): boolean {
    const { room } = this.options
    const [next] = this.waiting.values()
    if (next === undefined || !room.hasRoom(this.held, next.bytes + room.expected(next.path)))
      return false
    this.remove(next.id)
    void this.begin(next)
    return true
  }

  close(): void {
    this.closed = true
    this.waiting.clear()
    this.waitingBytes = 0
    this.options.room.leave(this)
  }

  private async begin(entry: E): Promise<void> {
    const { room } = this.options
    let bytes = entry.bytes + room.expected(entry.path)
    room.hold(this.held, { questions: 1, bytes })
    await this.options.answer(entry, (answer) => {
      room.hold(this.held, { bytes: entry.bytes + answer - bytes })
      bytes = entry.bytes + answer
    })
    room.hold(this.held, { questions: -1, bytes: -bytes })
    room.offerSoon()
  }

  private remove(id: string): E | undefined {
    const entry = this.waiting.get(id)
    if (!entry) return undefined
    this.waiting.delete(id)
    this.waitingBytes -= entry.bytes
    if (this.paused && !this.isPast(goOnAt)) {
      this.paused = false
      this.options.resume?.()
    }
    return entry
  }

  private isPast(limit: { count: number; bytes: number }): boolean {
    return this.waiting.size >= limit.count || this.waitingBytes >= limit.bytes
  }

  private tooMany(): StudioError {
    return new StudioError(
      'busy',
      `Expected at most ${refuseAt.count} questions waiting on one connection, found ${this.waiting.size}. Wait for answers, then try again.`,
      { waiting: this.waiting.size },
    )
  }
}
