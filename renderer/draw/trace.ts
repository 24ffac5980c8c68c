// The training series of one run in bounded memory: every step while they fit, pairs of points merged (minimum,
// maximum, mean) when they do not. Plain typed arrays; `revision` tells a drawing that something changed.
import type { MetricColumn, MetricsSeries } from '../../preload/contract/records.ts'

export const traceColumns = ['reconstruction', 'kl', 'total'] as const
export type TraceColumn = (typeof traceColumns)[number]

/** Nats per image; point i covers the steps firstStep + i*stepsPerPoint up to the next point's first. */
export interface Envelope {
  minimum: Float32Array
  maximum: Float32Array
  mean: Float32Array
}

const envelope = (capacity: number): Envelope => ({
  minimum: new Float32Array(capacity),
  maximum: new Float32Array(capacity),
  mean: new Float32Array(capacity),
})

export class Trace {
  revision = 0
  count = 0
  lastStep = 0
  firstStep = 1
  stepsPerPoint = 1
  /**
   * False when the band of `total` is a bound: the sums of the parts' minima and maxima. A thinned answer does not
   * hold the extremes of a sum.
   */
  exactTotal = true
  readonly capacity: number
  readonly columns: Record<TraceColumn, Envelope>

  constructor(capacity = 40_000) {
    this.capacity = capacity
    this.columns = { reconstruction: envelope(capacity), kl: envelope(capacity), total: envelope(capacity) }
  }

  /** Replaces everything by a stored stretch. `objectiveIsTotal`: the objective column is reconstruction + KL. */
  load(series: MetricsSeries, data: ArrayBuffer, objectiveIsTotal: boolean): void {
    this.stepsPerPoint = series.stepsPerPoint
    this.firstStep = series.firstStep
    this.count = Math.min(series.count, this.capacity)
    this.lastStep = this.count === 0 ? series.firstStep - 1 : Math.min(series.lastStep, series.firstStep + this.count * series.stepsPerPoint - 1)
    this.exactTotal = series.stepsPerPoint === 1 || objectiveIsTotal
    const parts = series.stepsPerPoint === 1 ? 1 : 3
    const read = (column: MetricColumn, part: number) => {
      const at = series.columns.indexOf(column)
      return new Float32Array(data, (at * parts + Math.min(part, parts - 1)) * series.count * 4, this.count)
    }
    for (const [part, kind] of (['minimum', 'maximum', 'mean'] as const).entries()) {
      const reconstruction = read('reconstruction', part)
      const kl = read('kl', part)
      this.columns.reconstruction[kind].set(reconstruction)
      this.columns.kl[kind].set(kl)
      if (objectiveIsTotal && parts === 3) this.columns.total[kind].set(read('objective', part))
      else for (let i = 0; i < this.count; i++) this.columns.total[kind][i] = reconstruction[i]! + kl[i]!
    }
    this.revision++
  }

  /** Adds the steps after the last one. False when steps are missing between: load again. */
  append(firstStep: number, reconstruction: ArrayLike<number>, kl: ArrayLike<number>): boolean {
    if (this.count === 0) this.firstStep = firstStep
    else if (firstStep > this.lastStep + 1) return false
    const skip = this.count === 0 ? 0 : this.lastStep + 1 - firstStep
    for (let i = Math.max(0, skip); i < reconstruction.length; i++) this.#add(firstStep + i, reconstruction[i]!, kl[i]!)
    this.revision++
    return true
  }

  /** Takes back what lies after `step`. False when a merged point straddles it: load again. */
  rewind(step: number): boolean {
    if (step >= this.lastStep) return true
    const kept = Math.max(0, step - this.firstStep + 1)
    if (kept % this.stepsPerPoint !== 0) return false
    this.count = kept / this.stepsPerPoint
    this.lastStep = step
    this.revision++
    return true
  }

  /** The last step that point `index` covers. */
  stepAt(index: number): number {
    return Math.min(this.lastStep, this.firstStep + (index + 1) * this.stepsPerPoint - 1)
  }

  /** The point that covers `step`, held inside the series. */
  indexAt(step: number): number {
    return Math.max(0, Math.min(this.count - 1, Math.floor((step - this.firstStep) / this.stepsPerPoint)))
  }

  #add(step: number, reconstruction: number, kl: number): void {
    const place = step - this.firstStep
    let index = Math.floor(place / this.stepsPerPoint)
    if (index >= this.capacity) {
      this.#merge()
      index = Math.floor(place / this.stepsPerPoint)
    }
    const before = place - index * this.stepsPerPoint
    put(this.columns.reconstruction, index, before, reconstruction)
    put(this.columns.kl, index, before, kl)
    put(this.columns.total, index, before, reconstruction + kl)
    this.count = index + 1
    this.lastStep = step
  }

  #merge(): void {
    const inLast = this.lastStep - this.firstStep + 1 - (this.count - 1) * this.stepsPerPoint
    for (const column of traceColumns) mergePairs(this.columns[column], this.count, this.stepsPerPoint, inLast)
    this.count = Math.ceil(this.count / 2)
    this.stepsPerPoint *= 2
  }
}

function put(target: Envelope, index: number, before: number, value: number): void {
  if (before === 0) target.minimum[index] = target.maximum[index] = target.mean[index] = value
  else {
    target.minimum[index] = Math.min(target.minimum[index]!, value)
    target.maximum[index] = Math.max(target.maximum[index]!, value)
    target.mean[index] = target.mean[index]! + (value - target.mean[index]!) / (before + 1)
  }
}

function mergePairs(target: Envelope, count: number, stepsPerPoint: number, inLast: number): void {
  for (let i = 0; i < count; i += 2) {
    const j = Math.min(i + 1, count - 1)
    const weight = j === i ? 0 : (j === count - 1 ? inLast : stepsPerPoint) / (stepsPerPoint + (j === count - 1 ? inLast : stepsPerPoint))
    target.minimum[i / 2] = Math.min(target.minimum[i]!, target.minimum[j]!)
    target.maximum[i / 2] = Math.max(target.maximum[i]!, target.maximum[j]!)
    target.mean[i / 2] = target.mean[i]! * (1 - weight) + target.mean[j]! * weight
  }
}
