// How much may be under way: the bounds of one connection and of all connections together. A
// question holds its room from its start until its answer has left, so that an answer is made only
// when there is room for it. What finds no room waits, connection by connection in turns.

const MiB = 2 ** 20

export interface Bounds {
  /** Of one connection. */
  own: Held
  /**
   * Of all connections together. A connection with nothing under way may always begin one question.
   */
  together: Held
  /**
   * Bytes that an answer is expected to have at most: a few slow questions with large answers must
   * not hold all the room.
   */
  expected: number
}

/** Of one connection. */
export const most = {
  /** Questions under way; more wait. */
  questions: 32,
  /** Bytes of those questions and their answers. */
  bytes: 2 * MiB,
  /** Open streams; more are refused. */
  streams: 128,
}

/** Of all connections together. */
export const mostTogether = { questions: 128, bytes: 12 * MiB, streams: 512 }

/**
 * Procedures that end or hold work, or say how things are: cheap, and wanted most when other
 * questions are slow. They have room of their own, so that they do not wait for those.
 */
export const controlPaths: ReadonlySet<string> = new Set([
  '/runs/stop',
  '/runs/pause',
  '/runs/resume',
  '/jobs/cancel',
  '/system/status',
])

/** Of these procedures, which open no streams. */
export const controlBounds: Bounds = {
  own: { questions: 8, bytes: MiB / 4, streams: 0 },
  together: { questions: 64, bytes: MiB, streams: 0 },
  expected: MiB / 64,
}

/** Questions that begin in one turn of this thread. */
const mostInTurn = 4

/** A connection with questions that wait for room. */
export interface Waiting {
  /** Begins the next question if there is room for it. */
  beginOne(): boolean
  readonly waits: boolean
}

/** What one connection holds of a Room. */
export interface Held {
  questions: number
  bytes: number
  streams: number
}

export class Room {
  private readonly held: Held = { questions: 0, bytes: 0, streams: 0 }
  private readonly waiting = new Set<Waiting>()
  private readonly answers = new Map<string, number>()
  private readonly bounds: Bounds
  private offered = false

  constructor(bounds: Bounds = { own: most, together: mostTogether, expected: MiB / 4 }) {
    this.bounds = bounds
  }

  /** Bytes to expect of a procedure's answer: what its last one had, where there was one. */
  expected(path: string): number {
    const { expected } = this.bounds
    return Math.min(this.answers.get(path) ?? expected, expected)
  }

  /** Call with paths of procedures only, so that the list cannot grow. */
  learn(path: string, bytes: number): void {
    this.answers.set(path, bytes)
  }

  hasRoom(own: Held, bytes: number): boolean {
    if (own.questions === 0) return true
    return fits(own, bytes, this.bounds.own) && fits(this.held, bytes, this.bounds.together)
  }

  hasRoomForStream(own: Held): boolean {
    return own.streams < this.bounds.own.streams && this.held.streams < this.bounds.together.streams
  }

  /** Adds to what a connection holds; less than zero gives room back. */
  hold(own: Held, more: Partial<Held>): void {
    for (const key of ['questions', 'bytes', 'streams'] as const) {
      own[key] += more[key] ?? 0
      this.held[key] += more[key] ?? 0
    }
  }

  /** The connection is offered room as soon as there is some. */
  await(connection: Waiting): void {
    this.waiting.add(connection)
  }

  leave(connection: Waiting): void {
    this.waiting.delete(connection)
  }

  /**
   * Offers the room that was given back: after what else waits for this thread, such as news of
   * training.
   */
  offerSoon(): void {
    if (this.offered || this.waiting.size === 0) return
    this.offered = true
    setImmediate(() => {
      this.offered = false
      this.offer()
    })
  }

  // A few in a turn: many large answers made at once would be garbage before any of it can be
  // collected.
  private offer(): void {
    let begun = 0
    for (let refusals = 0; refusals < this.waiting.size && begun < mostInTurn;) {
      const [first] = this.waiting as Iterable<Waiting>
      this.waiting.delete(first!)
      if (first!.beginOne()) [begun, refusals] = [begun + 1, 0]
      else refusals += 1
      if (first!.waits) this.waiting.add(first!)
    }
    if (begun === mostInTurn) this.offerSoon()
  }
}

function fits(held: Held, bytes: number, limit: Held): boolean {
  return held.questions < limit.questions && held.bytes + bytes <= limit.bytes
}
