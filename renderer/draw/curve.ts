// One training series made ready for drawing: its values, minima and maxima of blocks of 64 steps,
// and the exponential mean drawn over them. It grows with the series it follows, so that a redraw
// touches what is visible, not every step.
const blockSize = 64

/**
 * At most about as many points as were asked for; no spike is lost, since each carries its minimum
 * and maximum.
 */
export interface Thinned {
  /** Last step of each point, rising. */
  steps: Float64Array
  minimum: Float32Array
  maximum: Float32Array
  /** Exponential mean at that step. */
  smoothed: Float32Array
  stepsPerPoint: number
}

export class Curve {
  /** Steps 1 ... length are here; the value of step s stands at index s - 1. */
  length = 0
  values = new Float32Array(1024)
  smoothed = new Float32Array(1024)
  #low = new Float32Array(1024 / blockSize)
  #high = new Float32Array(1024 / blockSize)
  #horizon = 0

  /**
   * Takes over what is new in a series, or the sum of several; a series that became shorter is cut
   * here too. horizon: steps over which the exponential mean forgets all but 1/e; 0 leaves the
   * values as they are.
   */
  follow(parts: readonly Float32Array[], horizon: number): void {
    const end = Math.min(...parts.map((part) => part.length))
    let from = Math.min(this.length, end)
    this.#reserve(end)
    for (let i = from; i < end; i++) {
      let sum = 0
      for (const part of parts) sum += part[i]!
      this.values[i] = sum
    }
    this.length = end
    this.#block(from)
    if (horizon !== this.#horizon) from = 0
    this.#horizon = horizon
    smooth(this.values, from, end, horizon, this.smoothed)
  }

  /** Steps [from, to] in at most about `points` points, at least one. */
  thin(from: number, to: number, points: number): Thinned {
    const first = Math.max(0, Math.min(this.length, Math.ceil(from)) - 1)
    const last = Math.min(this.length, Math.max(1, Math.floor(to))) - 1
    // groups are powers of two at fixed places, so that a growing series never re-groups its old
    // points
    let group = 1
    // a chart that has no width yet asks for none: one point, for groups without end would have no
    // steps
    while ((last - first + 1) / group > Math.max(1, points)) group *= 2
    const start = Math.floor(first / group)
    const size = last < first ? 0 : Math.floor(last / group) - start + 1
    const out = emptyThinned(size, group)
    for (let i = 0; i < size; i++) {
      const begin = (start + i) * group
      const end = Math.min(begin + group, this.length)
      if (group >= blockSize)
        extremes(this.#low, this.#high, begin / blockSize, Math.ceil(end / blockSize), out, i)
      else extremes(this.values, this.values, begin, end, out, i)
      out.smoothed[i] = this.smoothed[end - 1]!
      out.steps[i] = end
    }
    return out
  }

  /**
   * The same for a logarithmic axis: each doubling of the steps has about the same count of points.
   */
  thinLog(from: number, to: number, points: number): Thinned {
    const end = Math.min(to, this.length)
    const pieces: Thinned[] = []
    for (let start = Math.max(1, from), stop = 64; start <= end; start = stop + 1, stop *= 4) {
      if (stop < start) continue
      pieces.push(this.thin(start, Math.min(stop, end), points / 4))
    }
    return joined(pieces)
  }

  #block(from: number): void {
    for (let block = Math.floor(from / blockSize); block * blockSize < this.length; block++) {
      let low = Infinity
      let high = -Infinity
      for (let i = block * blockSize; i < Math.min((block + 1) * blockSize, this.length); i++) {
        const value = this.values[i]!
        if (value < low) low = value
        if (value > high) high = value
      }
      this.#low[block] = low
      this.#high[block] = high
    }
  }

  #reserve(size: number): void {
    if (size <= this.values.length) return
    const capacity = Math.max(2 * this.values.length, Math.ceil(size / blockSize) * blockSize)
    this.values = larger(this.values, capacity)
    this.smoothed = larger(this.smoothed, capacity)
    this.#low = larger(this.#low, Math.ceil(capacity / blockSize))
    this.#high = larger(this.#high, Math.ceil(capacity / blockSize))
  }
}

/**
 * Exponential mean over values[from, end), going on from out[from - 1]. Its horizon grows with the
 * steps behind it (an eighth of them) up to the one asked for: the loss falls fastest at the start,
 * and a long mean there would show values that never were. NaN ends a diverged run; it is passed
 * over.
 */
export function smooth(
  values: Float32Array,
  from: number,
  end: number,
  horizon: number,
  out: Float32Array,
): void {
  let mean = from > 0 ? out[from - 1]! : Number.NaN
  for (let i = from; i < end; i++) {
    const value = values[i]!
    const keep = 1 - 1 / (1 + Math.min(horizon, i / 8))
    if (Number.isFinite(value)) mean = Number.isNaN(mean) ? value : keep * mean + (1 - keep) * value
    out[i] = mean
  }
}

function extremes(
  low: Float32Array,
  high: Float32Array,
  begin: number,
  end: number,
  out: Thinned,
  at: number,
): void {
  let minimum = Infinity
  let maximum = -Infinity
  for (let i = begin; i < end; i++) {
    if (low[i]! < minimum) minimum = low[i]!
    if (high[i]! > maximum) maximum = high[i]!
  }
  out.minimum[at] = minimum
  out.maximum[at] = maximum
}

function emptyThinned(size: number, stepsPerPoint: number): Thinned {
  return {
    steps: new Float64Array(size),
    minimum: new Float32Array(size),
    maximum: new Float32Array(size),
    smoothed: new Float32Array(size),
    stepsPerPoint,
  }
}

// Pieces one after the other; a group that two of them share stands once.
function joined(pieces: readonly Thinned[]): Thinned {
  const rows = pieces.flatMap((piece) => Array.from(piece.steps, (step, i) => ({ step, piece, i })))
  const kept = rows.filter((row, at) => at === 0 || row.step > rows[at - 1]!.step)
  const out = emptyThinned(kept.length, pieces.at(-1)?.stepsPerPoint ?? 1)
  for (const [at, { step, piece, i }] of kept.entries()) {
    out.steps[at] = step
    out.minimum[at] = piece.minimum[i]!
    out.maximum[at] = piece.maximum[i]!
    out.smoothed[at] = piece.smoothed[i]!
  }
  return out
}

function larger(values: Float32Array<ArrayBuffer>, capacity: number): Float32Array<ArrayBuffer> {
  const copy = new Float32Array(capacity)
  copy.set(values)
  return copy
}
