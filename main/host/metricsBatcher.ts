// Metrics on their way to main. Those of several chunks travel in one message: a message with its
// transaction and its answer takes training about half a millisecond, and a chart that moves four
// times a second is alive.
import type { FromHost } from './protocol.ts'

type MetricsMessage = Extract<FromHost, { kind: 'metrics' }>

/** Milliseconds between two messages at least, except before other news. */
const INTERVAL = 230 // less than four chunks (engine/chunks.ts)
const COLUMNS = 3 // reconstruction, kl, objective

export class MetricsBatcher {
  private readonly send: (message: MetricsMessage) => void
  private readonly batchSize: number
  private readonly now: () => number
  private waiting: { firstStep: number; rows: Float32Array; milliseconds: number }[] = []
  private sentAt = -Infinity

  /** `now`: milliseconds, rising. */
  constructor(
    batchSize: number,
    send: (message: MetricsMessage) => void,
    now: () => number = () => performance.now(),
  ) {
    this.batchSize = batchSize
    this.send = send
    this.now = now
  }

  /**
   * rows: steps x [reconstruction, kl, objective], going on where the last ones ended; they took
   * `milliseconds`.
   */
  add(firstStep: number, rows: Float32Array, milliseconds: number): void {
    if (rows.length > 0) this.waiting.push({ firstStep, rows, milliseconds })
    if (this.now() - this.sentAt >= INTERVAL) this.flush()
  }

  /**
   * What waits goes now: before news of a later moment, so that the store never knows a step whose
   * losses it lacks.
   */
  flush(): void {
    if (this.waiting.length === 0) return
    const count = this.waiting.reduce((sum, { rows }) => sum + rows.length, 0) / COLUMNS
    const milliseconds = this.waiting.reduce((sum, each) => sum + each.milliseconds, 0)
    const [reconstruction, kl, objective] = [0, 1, 2].map((column) =>
      this.column(column, count),
    ) as [Float32Array, Float32Array, Float32Array]
    const { firstStep } = this.waiting[0]!
    this.waiting = []
    this.sentAt = this.now()
    this.send({
      kind: 'metrics',
      firstStep,
      count,
      columns: { reconstruction, kl, objective },
      seconds: milliseconds / 1000,
      imagesPerSecond: milliseconds > 0 ? (1000 * count * this.batchSize) / milliseconds : 0,
    })
  }

  private column(index: number, count: number): Float32Array {
    const values = new Float32Array(count)
    let at = 0
    for (const { rows } of this.waiting)
      for (let i = index; i < rows.length; i += COLUMNS) values[at++] = rows[i]!
    return values
  }
}
