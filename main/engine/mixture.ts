// A Gaussian mixture with full covariances, fitted by expectation maximisation (Dempster et al.
// 1977; Bishop 2006, section 9.2.2) from a K-means beginning. Points are N x D row-major.
// Deterministic by seed.
import { NEGLIGIBLE } from './aggregate.ts'
import { assign, kMeans } from './kmeans.ts'
import { normals, uniform24 } from './random.ts'

export interface Mixture {
  dimensions: number
  /** k weights that sum to 1. */
  weights: Float64Array
  /** k x D, then k x D x D, row-major. */
  means: Float64Array
  covariances: Float64Array
  /** Nats per point. */
  meanLogLikelihood: number
  iterations: number
}

export interface MixtureOptions {
  k: number
  seed?: number
  restarts?: number
  maximumIterations?: number
  /** Stops when the mean log-likelihood rises by less, nats. */
  tolerance?: number
  /** Products of all restarts together, after which no further iteration begins. */
  work?: number
}

/** Added to each variance, so that a component on few points stays invertible. */
const REGULARISATION = 1e-6
const LOG_TWO_PI = Math.log(2 * Math.PI)
/** What else a point costs with a component, in products. */
export const OVERHEAD = 60
/** Iterations of K-means for a beginning. */
const MOST_BEGINNING = 300
/**
 * From so many dimensions on, looking for the nearest mean costs less than beginning with the wrong
 * component.
 */
const MANY_DIMENSIONS = 8

/** Throws RangeError when k is not between 1 and the number of points. */
export function fitMixture(
  points: Float64Array,
  dimensions: number,
  {
    k,
    seed = 0,
    restarts = 20,
    maximumIterations = 1000,
    tolerance = 1e-9,
    work = Infinity,
  }: MixtureOptions,
): Mixture {
  const beginning = Math.max(
    10,
    Math.min(MOST_BEGINNING, Math.floor(work / restarts / 4 / (points.length * k))),
  )
  let best: Mixture | null = null
  for (let restart = 0; restart < restarts; restart++) {
    // One start each of K-means, not the best of several: likelihood has other maxima than inertia
    // has minima.
    const { assignments } = kMeans(points, dimensions, {
      k,
      seed: seed + restart,
      restarts: 1,
      maximumIterations: beginning,
    })
    const limits = { maximumIterations, tolerance, work: work / restarts }
    const found = expectationMaximisation(points, dimensions, assignments, k, limits)
    if (!best || found.meanLogLikelihood > best.meanLogLikelihood) best = found
  }
  return best!
}

// `likeliest`: the cluster of each point to begin with, kept up to date.
function expectationMaximisation(
  points: Float64Array,
  D: number,
  likeliest: Int32Array,
  k: number,
  limits: Required<Pick<MixtureOptions, 'maximumIterations' | 'tolerance' | 'work'>>,
): Mixture {
  const responsibilities = oneHot(likeliest, k) // N x k
  let previous = -Infinity
  let products = 0
  for (let iteration = 1; ; iteration++) {
    const begun = products
    const { count, ...moments } = maximise(points, D, responsibilities, k)
    const mixture = { dimensions: D, ...moments, meanLogLikelihood: 0, iterations: iteration }
    const expected = expect(points, mixture, responsibilities, likeliest)
    mixture.meanLogLikelihood = expected.meanLogLikelihood
    products += count + expected.products
    const arrived =
      mixture.meanLogLikelihood - previous < limits.tolerance ||
      iteration >= limits.maximumIterations
    if (arrived || products + (products - begun) > limits.work) return mixture
    previous = mixture.meanLogLikelihood
  }
}

function maximise(
  points: Float64Array,
  D: number,
  responsibilities: Float64Array,
  k: number,
): Pick<Mixture, 'weights' | 'means' | 'covariances'> & { count: number } {
  const N = points.length / D
  const weights = new Float64Array(k)
  const means = new Float64Array(k * D)
  const covariances = new Float64Array(k * D * D)
  const away = new Float64Array(D)
  let count = 0
  for (let c = 0; c < k; c++) {
    let mass = 10 * Number.EPSILON
    for (let i = 0; i < N; i++) mass += responsibilities[i * k + c]!
    for (let i = 0; i < N; i++) {
      const r = responsibilities[i * k + c]! / mass
      if (r > 0) for (let d = 0; d < D; d++) means[c * D + d]! += r * points[i * D + d]!
    }
    for (let i = 0; i < N; i++) {
      const r = responsibilities[i * k + c]! / mass
      if (r === 0) continue // of most components when there are many dimensions
      count += 0.5 * D * D + OVERHEAD
      for (let d = 0; d < D; d++) away[d] = points[i * D + d]! - means[c * D + d]!
      for (let a = 0; a < D; a++) {
        const weighted = r * away[a]!
        for (let b = 0, at = (c * D + a) * D; b <= a; b++, at++)
          covariances[at]! += weighted * away[b]!
      }
    }
    for (let a = 0; a < D; a++)
      for (let b = 0; b < a; b++)
        covariances[(c * D + b) * D + a] = covariances[(c * D + a) * D + b]!
    for (let d = 0; d < D; d++) covariances[(c * D + d) * D + d]! += REGULARISATION
    weights[c] = mass / N
  }
  return { weights, means, covariances, count }
}

// Writes the responsibilities and the likeliest component of each point.
function expect(
  points: Float64Array,
  mixture: Mixture,
  responsibilities: Float64Array,
  likeliest: Int32Array,
): { meanLogLikelihood: number; products: number } {
  const k = mixture.weights.length
  const N = points.length / mixture.dimensions
  const { logs, products } = componentLogs(points, mixture, likeliest)
  let sum = 0
  for (let i = 0; i < N; i++) {
    const row = logs.subarray(i * k, (i + 1) * k)
    const total = logSumExp(row)
    likeliest[i] = indexOfLargest(row)
    for (let c = 0; c < k; c++)
      responsibilities[i * k + c] = row[c]! < total - NEGLIGIBLE ? 0 : Math.exp(row[c]! - total)
    sum += total
  }
  return { meanLogLikelihood: sum / N, products }
}

/** log density of the mixture at each point, nats. */
export function mixtureLogDensity(points: Float64Array, mixture: Mixture): Float64Array {
  const k = mixture.weights.length
  const { logs } = componentLogs(points, mixture, nearestMeans(points, mixture))
  return Float64Array.from({ length: logs.length / k }, (_, i) =>
    logSumExp(logs.subarray(i * k, (i + 1) * k)),
  )
}

// log weight + log normal density of each point under each component, N x k, the guessed one first.
// One that is negligible beside an earlier one is left unfinished: only its being small counts.
function componentLogs(
  points: Float64Array,
  { dimensions: D, weights, means, covariances }: Mixture,
  guess: Int32Array,
): { logs: Float64Array; products: number } {
  const N = points.length / D
  const k = weights.length
  const logs = new Float64Array(N * k)
  const whitening = Array.from(weights, (_, c) =>
    inverseOfTriangle(cholesky(covariances.subarray(c * D * D, (c + 1) * D * D), D), D),
  )
  const constants = whitening.map((inverse, c) => {
    let constant = Math.log(weights[c]!) - 0.5 * D * LOG_TWO_PI
    for (let d = 0; d < D; d++) constant += Math.log(inverse[d * D + d]!)
    return constant
  })
  const away = new Float64Array(D)
  let products = 0
  for (let i = 0; i < N; i++) {
    let most = -Infinity
    for (let turn = 0; turn < k; turn++) {
      const c = turn === 0 ? guess[i]! : turn <= guess[i]! ? turn - 1 : turn
      const inverse = whitening[c]!
      const negligible = 2 * (constants[c]! - most + NEGLIGIBLE)
      let distance = 0
      let a = 0
      for (; a < D && distance < negligible; a++) {
        away[a] = points[i * D + a]! - means[c * D + a]!
        distance += product(inverse, a * D, away, a + 1) ** 2
      }
      products += 0.5 * a * a + OVERHEAD
      const log = constants[c]! - 0.5 * distance
      logs[i * k + c] = log
      if (log > most) most = log
    }
  }
  return { logs, products }
}

// Four sums, so that none waits for the one before.
function product(row: Float64Array, from: number, vector: Float64Array, length: number): number {
  let p = 0
  let q = 0
  let r = 0
  let s = 0
  let at = 0
  for (; at + 4 <= length; at += 4) {
    p += row[from + at]! * vector[at]!
    q += row[from + at + 1]! * vector[at + 1]!
    r += row[from + at + 2]! * vector[at + 2]!
    s += row[from + at + 3]! * vector[at + 3]!
  }
  for (; at < length; at++) p += row[from + at]! * vector[at]!
  return p + q + (r + s)
}

function inverseOfTriangle(L: Float64Array, D: number): Float64Array {
  const inverse = new Float64Array(D * D)
  for (let a = 0; a < D; a++) {
    inverse[a * D + a] = 1 / L[a * D + a]!
    for (let d = 0; d < a; d++) {
      const weight = L[a * D + d]! / L[a * D + a]!
      for (let b = 0; b <= d; b++) inverse[a * D + b]! -= weight * inverse[d * D + b]!
    }
  }
  return inverse
}

// Where to look first for the likeliest component.
function nearestMeans(
  points: Float64Array,
  { dimensions: D, weights, means }: Mixture,
): Int32Array {
  const nearest = new Int32Array(points.length / D)
  if (D >= MANY_DIMENSIONS) assign(points, D, means.subarray(0, weights.length * D), nearest)
  return nearest
}

/**
 * Lower triangle L with L L' = the matrix, D x D row-major. Throws RangeError when it is not
 * positive definite.
 */
export function cholesky(matrix: Float64Array, D: number): Float64Array {
  const L = new Float64Array(D * D)
  for (let a = 0; a < D; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = matrix[a * D + b]!
      for (let d = 0; d < b; d++) sum -= L[a * D + d]! * L[b * D + d]!
      if (a === b && !(sum > 0))
        throw new RangeError(
          'expected a positive definite covariance; some dimension does not vary',
        )
      L[a * D + b] = a === b ? Math.sqrt(sum) : sum / L[b * D + b]!
    }
  }
  return L
}

/** count draws from the mixture, count x D; the same seed gives the same draws. */
export function sampleMixture(mixture: Mixture, count: number, seed: number): Float64Array {
  return drawMixture(mixture, count, seed).draws
}

/** The same with the component that each draw is from. */
export function drawMixture(
  mixture: Mixture,
  count: number,
  seed: number,
): { draws: Float64Array; components: Int32Array } {
  const { dimensions: D, weights, means, covariances } = mixture
  const factors = Array.from(weights, (_, c) =>
    cholesky(covariances.subarray(c * D * D, (c + 1) * D * D), D),
  )
  const uniforms = uniform24(seed, 'mixture', 0, count)
  const noise = normals(seed, 'mixture', 1, count * D)
  const draws = new Float64Array(count * D)
  const components = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    let c = 0
    for (
      let left = uniforms[i]! - weights[0]!;
      left >= 0 && c < weights.length - 1;
      left -= weights[c]!
    )
      c++
    components[i] = c
    for (let a = 0; a < D; a++) {
      let value = means[c * D + a]!
      for (let b = 0; b <= a; b++) value += factors[c]![a * D + b]! * noise[i * D + b]!
      draws[i * D + a] = value
    }
  }
  return { draws, components }
}

/**
 * The most probable component of each point, and how likely they all are: in one pass over what
 * takes longest.
 */
export function judgeMixture(
  points: Float64Array,
  mixture: Mixture,
): { assignments: Int32Array; meanLogLikelihood: number } {
  const assignments = nearestMeans(points, mixture)
  const responsibilities = new Float64Array(assignments.length * mixture.weights.length)
  const { meanLogLikelihood } = expect(points, mixture, responsibilities, assignments)
  return { assignments, meanLogLikelihood }
}

function oneHot(assignments: Int32Array, k: number): Float64Array {
  const rows = new Float64Array(assignments.length * k)
  assignments.forEach((cluster, i) => (rows[i * k + cluster] = 1))
  return rows
}

function indexOfLargest(row: Float64Array): number {
  let largest = 0
  for (let c = 1; c < row.length; c++) if (row[c]! > row[largest]!) largest = c
  return largest
}

function logSumExp(values: Float64Array): number {
  let most = -Infinity
  for (const value of values) most = Math.max(most, value)
  let sum = 0
  for (const value of values) sum += Math.exp(value - most)
  return most + Math.log(sum)
}
