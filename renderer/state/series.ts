// The training series of one run in memory: one float32 a step and column, in arrays that double
// when full. Plain data: who draws it watches RunState.revision.
import { floatsOf } from '../../preload/contract/bytes.ts'
import {
  metricColumns,
  type MetricColumn,
  type MetricsSeries,
} from '../../preload/contract/records.ts'

export class Series {
  /** Steps 1 ... length are here; the value of step s stands at index s - 1. */
  length = 0
  #columns: Record<MetricColumn, Float32Array> = emptyColumns(1024)

  /** Values of one column, length long; a view, valid until the next append. */
  column(name: MetricColumn): Float32Array {
    return this.#columns[name].subarray(0, this.length)
  }

  /** reconstruction + kl at a step; NaN outside. */
  total(step: number): number {
    // the arrays are longer than the series: what lies beyond is spare room or taken back
    if (step > this.length) return NaN
    return (this.#columns.reconstruction[step - 1] ?? NaN) + (this.#columns.kl[step - 1] ?? NaN)
  }

  /**
   * Takes values of steps firstStep ...; overlap is overwritten. Returns false for a gap: steps
   * before firstStep are missing.
   */
  put(firstStep: number, columns: Record<MetricColumn, ArrayLike<number>>): boolean {
    if (firstStep > this.length + 1) return false
    const count = columns.reconstruction.length
    const end = firstStep - 1 + count
    this.#reserve(end)
    for (const name of metricColumns) this.#columns[name].set(columns[name] ?? [], firstStep - 1)
    this.length = Math.max(this.length, end)
    return true
  }

  /** Forgets everything after a step. */
  rewind(step: number): void {
    this.length = Math.min(this.length, Math.max(0, step))
  }

  #reserve(size: number): void {
    const capacity = this.#columns.reconstruction.length
    if (size <= capacity) return
    const larger = emptyColumns(Math.max(size, capacity * 2))
    for (const name of metricColumns) larger[name].set(this.column(name))
    this.#columns = larger
  }
}

/** An answer of runs.metrics as one value a step: thinned stretches stand as their means. */
export function unpackSeries(answer: MetricsSeries): Record<MetricColumn, Float32Array> {
  const values = floatsOf(answer.data)
  const steps = answer.count === 0 ? 0 : Math.max(0, answer.lastStep - answer.firstStep + 1)
  const thinned = answer.stepsPerPoint > 1
  const unpacked = emptyColumns(steps)
  answer.columns.forEach((name, index) => {
    // thinned: minima, maxima, means, each count long
    const start = thinned ? (index * 3 + 2) * answer.count : index * answer.count
    const column = unpacked[name]
    for (let step = 0; step < steps; step++)
      column[step] = values[start + Math.floor(step / answer.stepsPerPoint)] ?? NaN
  })
  return unpacked
}

function emptyColumns(size: number): Record<MetricColumn, Float32Array> {
  return {
    reconstruction: new Float32Array(size),
    kl: new Float32Array(size),
    objective: new Float32Array(size),
  }
}
