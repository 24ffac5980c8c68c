// The training series as lanes of float32, and how stretches of it are condensed to minimum,
// maximum and mean. Level 0 has 3 lanes: one a column, one value a step. Level k has 9: minima,
// maxima, means of each column in turn, one value for 32^k steps. A block of n points holds lane
// after lane, n little-endian float32 each.
import { metricColumns } from '../../preload/contract/records.ts'

/** Points of one level that make a point of the next. */
export const fanOut = 32

/**
 * Points in a stored block: 1,024 steps, and 32 points above (so a block of level 1 belongs to one
 * of level 0).
 */
export const blockPoints = (level: number) => (level === 0 ? 1024 : fanOut)

/** Steps in a point of this level. */
export const pointSteps = (level: number) => fanOut ** level

export const laneCount = (level: number) => metricColumns.length * (level === 0 ? 1 : 3)

export type Lanes = Float32Array[]

export function encodeBlock(lanes: Lanes, from: number, to: number): Uint8Array {
  const count = to - from
  const block = new Float32Array(lanes.length * count)
  lanes.forEach((lane, index) => block.set(lane.subarray(from, to), index * count))
  return new Uint8Array(block.buffer)
}

/** Copies points [from, to) of a block of `count` into lanes, beginning at `at`. */
export function decodeInto(
  lanes: Lanes,
  at: number,
  block: Uint8Array,
  count: number,
  from: number,
  to: number,
): void {
  const values = floats(block)
  lanes.forEach((lane, index) =>
    lane.set(values.subarray(index * count + from, index * count + to), at),
  )
}

/** Bytes as float32, copied only when they are not aligned. */
function floats(bytes: Uint8Array): Float32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes)
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 2)
}

/**
 * Every `factor` points of `source` as one: 3 or 9 lanes in, 9 lanes out. `span` is the steps in a
 * source point and `steps` the steps that the source covers (its last point may be shorter), so
 * that means are means over steps. NaN is left out; a point of nothing but NaN is NaN.
 */
export function condense(source: Lanes, factor: number, span: number, steps: number): Lanes {
  const raw = source.length === metricColumns.length
  const length = source[0]!.length
  const lastWeight = steps - (length - 1) * span
  const result: Lanes = []
  for (let column = 0; column < metricColumns.length; column++) {
    const lane = (kind: number) => (raw ? source[column]! : source[column * 3 + kind]!)
    result.push(...condenseColumn(lane(0), lane(1), lane(2), factor, span, lastWeight))
  }
  return result
}

function condenseColumn(
  minima: Float32Array,
  maxima: Float32Array,
  means: Float32Array,
  factor: number,
  span: number,
  lastWeight: number,
): Lanes {
  const points = Math.ceil(minima.length / factor)
  const result = [
    new Float32Array(points),
    new Float32Array(points),
    new Float32Array(points),
  ] as const
  for (let point = 0; point < points; point++) {
    let minimum = Infinity
    let maximum = -Infinity
    let sum = 0
    let weight = 0
    const end = Math.min(minima.length, (point + 1) * factor)
    for (let index = point * factor; index < end; index++) {
      const mean = means[index]!
      if (Number.isNaN(minima[index])) continue
      const own = index === minima.length - 1 ? lastWeight : span
      if (minima[index]! < minimum) minimum = minima[index]!
      if (maxima[index]! > maximum) maximum = maxima[index]!
      sum += mean * own
      weight += own
    }
    result[0][point] = weight > 0 ? minimum : NaN
    result[1][point] = weight > 0 ? maximum : NaN
    result[2][point] = weight > 0 ? sum / weight : NaN
  }
  return [...result]
}
