// The aggregate posterior q(z) = 1/N sum_i N(z; mean_i, variance_i) of N images (Makhzani et al.
// 2016, section 2): its density and draws from it. N images, Z latent; all arrays row-major.
import { normals, uniform24 } from './random.ts'

export interface Aggregate {
  count: number
  latentSize: number
  /** N x Z */
  mean: Float32Array
  /** N x Z, one over the variance. */
  inverse: Float64Array
  /** N: log of weight and normalisation, -log N - 1/2 sum_d (log 2 pi + log variance). */
  constant: Float64Array
}

const LOG_TWO_PI = Math.log(2 * Math.PI)
/**
 * Nats; exp(-45) = 3e-20: what lies so far below the largest term changes no digit of a sum of
 * 70,000, and its share is called 0.
 */
export const NEGLIGIBLE = 45

/** mean, logVariance: N x Z. */
export function aggregateOf(mean: Float32Array, logVariance: Float32Array, Z: number): Aggregate {
  const N = mean.length / Z
  const inverse = new Float64Array(N * Z)
  const constant = new Float64Array(N)
  for (let i = 0; i < N; i++) {
    let sum = Z * LOG_TWO_PI
    for (let d = 0; d < Z; d++) {
      sum += logVariance[i * Z + d]!
      inverse[i * Z + d] = Math.exp(-logVariance[i * Z + d]!)
    }
    constant[i] = -Math.log(N) - 0.5 * sum
  }
  return { count: N, latentSize: Z, mean, inverse, constant }
}

/**
 * log q at the points first .. last-1 of z (rows of Z), nats, written into `out` at the same
 * numbers.
 */
export function aggregateLogDensity(
  aggregate: Aggregate,
  z: Float64Array,
  first: number,
  last: number,
  out: Float64Array,
): void {
  const density = aggregate.latentSize === 2 ? logDensityInPlane : logDensityAt
  for (let point = first; point < last; point++) out[point] = density(aggregate, z, point)
}

/**
 * The term of one image at one point of `points` (rows of Z): log of its weight and its density,
 * nats.
 */
export function logTerm(
  { latentSize: Z, mean, inverse, constant }: Aggregate,
  points: Float64Array,
  point: number,
  image: number,
): number {
  let square = 0
  for (let d = 0; d < Z; d++)
    square += (points[point * Z + d]! - mean[image * Z + d]!) ** 2 * inverse[image * Z + d]!
  return constant[image]! - 0.5 * square
}

// log-sum-exp in one pass: the sum is kept relative to the largest term so far.
function logDensityAt(
  { count: N, latentSize: Z, mean, inverse, constant }: Aggregate,
  points: Float64Array,
  point: number,
): number {
  const z = points.slice(point * Z, (point + 1) * Z)
  let most = -Infinity
  let sum = 0
  for (let i = 0; i < N; i++) {
    // terms only fall as dimensions are added, so a term that is negligible already is left
    const least = most - NEGLIGIBLE
    let term = constant[i]!
    let at = i * Z
    let d = 0
    for (; d + 4 <= Z && term > least; d += 4, at += 4) {
      const a = z[d]! - mean[at]!
      const b = z[d + 1]! - mean[at + 1]!
      const e = z[d + 2]! - mean[at + 2]!
      const f = z[d + 3]! - mean[at + 3]!
      term -=
        0.5 *
        (a * a * inverse[at]! +
          b * b * inverse[at + 1]! +
          (e * e * inverse[at + 2]! + f * f * inverse[at + 3]!))
    }
    for (; d < Z && term > least; d++, at++) term -= 0.5 * (z[d]! - mean[at]!) ** 2 * inverse[at]!
    if (term > most) {
      sum = sum * Math.exp(most - term) + 1
      most = term
    } else if (term > least) sum += Math.exp(term - most)
  }
  return most + Math.log(sum)
}

// The same for Z = 2, without the inner loops.
function logDensityInPlane(
  { count: N, mean, inverse, constant }: Aggregate,
  z: Float64Array,
  point: number,
): number {
  const x = z[point * 2]!
  const y = z[point * 2 + 1]!
  let most = -Infinity
  let sum = 0
  for (let i = 0, at = 0; i < N; i++, at += 2) {
    const right = x - mean[at]!
    const up = y - mean[at + 1]!
    const term = constant[i]! - 0.5 * (right * right * inverse[at]! + up * up * inverse[at + 1]!)
    if (term > most) {
      sum = sum * Math.exp(most - term) + 1
      most = term
    } else if (term > most - NEGLIGIBLE) sum += Math.exp(term - most)
  }
  return most + Math.log(sum)
}

/** log N(z; 0, I) of each point, nats. */
export function priorLogDensity(z: Float64Array, Z: number): Float64Array {
  return Float64Array.from({ length: z.length / Z }, (_, point) => {
    let square = 0
    for (let d = 0; d < Z; d++) square += z[point * Z + d]! ** 2
    return -0.5 * (Z * LOG_TWO_PI + square)
  })
}

/**
 * count draws of z from q, count x Z: an image at random, then a draw from its posterior. The same
 * seed gives the same draws.
 */
export function drawAggregate(
  { count: N, latentSize: Z, mean, inverse }: Aggregate,
  count: number,
  seed: number,
): Float64Array {
  const chosen = uniform24(seed, 'aggregate', 0, count)
  const noise = normals(seed, 'aggregate', 1, count * Z)
  const draws = new Float64Array(count * Z)
  for (let point = 0; point < count; point++) {
    const i = Math.min(N - 1, Math.floor(chosen[point]! * N))
    for (let d = 0; d < Z; d++)
      draws[point * Z + d] =
        mean[i * Z + d]! + noise[point * Z + d]! / Math.sqrt(inverse[i * Z + d]!)
  }
  return draws
}
