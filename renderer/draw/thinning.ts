// What of a series is worth drawing: at most `buckets` points with minimum, maximum and mean, so that no spike is lost,
// and the exponential mean that is drawn over it.
import type { Envelope, Trace, TraceColumn } from './trace.ts'

export interface Thinned {
  /** Last step of each bucket, rising. */
  steps: Float64Array
  minimum: Float32Array
  maximum: Float32Array
  mean: Float32Array
  smoothed: Float32Array
  /** Steps in one bucket. */
  stepsPerBucket: number
}

/**
 * Exponential moving mean of count points over a horizon in steps, corrected for its start (Kingma and Ba 2015, section 3).
 * A point of k steps counts like k steps of its mean. Horizon 0: the values themselves.
 */
export function smooth(values: ArrayLike<number>, count: number, horizon: number, stepsPerPoint: number, out = new Float32Array(count)): Float32Array {
  const keep = horizon <= 0 ? 0 : Math.exp(-stepsPerPoint / horizon)
  let sum = 0
  let weight = 0
  for (let i = 0; i < count; i++) {
    const value = values[i]!
    // a NaN is the end of a diverged run; it must not swallow what came before
    if (Number.isFinite(value)) {
      sum = keep * sum + (1 - keep) * value
      weight = keep * weight + (1 - keep)
    }
    out[i] = weight > 0 ? sum / weight : Number.NaN
  }
  return out
}

/** The stretch [from, to] of one column in at most about `buckets` points. */
export function thin(trace: Trace, column: TraceColumn, from: number, to: number, buckets: number, horizon: number): Thinned {
  const source = trace.columns[column]
  const first = trace.count === 0 ? 0 : trace.indexAt(from)
  const last = trace.count === 0 ? -1 : trace.indexAt(to)
  // groups are powers of two at fixed places, so that a growing series never re-groups its old points by one
  let group = 1
  while ((last - first + 1) / group > buckets) group *= 2
  const start = Math.floor(first / group)
  const size = last < first ? 0 : Math.floor(last / group) - start + 1
  const smoothed = smooth(source.mean, trace.count, horizon, trace.stepsPerPoint)
  const out: Thinned = {
    steps: new Float64Array(size),
    minimum: new Float32Array(size),
    maximum: new Float32Array(size),
    mean: new Float32Array(size),
    smoothed: new Float32Array(size),
    stepsPerBucket: group * trace.stepsPerPoint,
  }
  for (let i = 0; i < size; i++) {
    const begin = (start + i) * group
    const end = Math.min(begin + group, trace.count)
    gather(source, begin, end, out, i)
    out.smoothed[i] = smoothed[end - 1]!
    out.steps[i] = trace.stepAt(end - 1)
  }
  return out
}

function gather(source: Envelope, begin: number, end: number, out: Thinned, at: number): void {
  let minimum = Infinity
  let maximum = -Infinity
  let sum = 0
  for (let i = begin; i < end; i++) {
    const low = source.minimum[i]!
    const high = source.maximum[i]!
    if (low < minimum) minimum = low
    if (high > maximum) maximum = high
    sum += source.mean[i]!
  }
  out.minimum[at] = minimum
  out.maximum[at] = maximum
  out.mean[at] = sum / (end - begin)
}
