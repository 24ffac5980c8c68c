// A Gaussian mixture with full covariances, fitted by expectation maximisation (Dempster et al. 1977; Bishop 2006,
// section 9.2.2) from a K-means beginning. Points are N x D row-major. Deterministic by seed.
import { kMeans } from './kmeans.ts'
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
}

/** Added to each variance, so that a component on few points stays invertible. */
const REGULARISATION = 1e-6
const LOG_TWO_PI = Math.log(2 * Math.PI)
/** exp(-750) is 0 in double precision. */
const UNDERFLOW = 750

/** Throws RangeError when k is not between 1 and the number of points. */
export function fitMixture(
  points: Float64Array,
  dimensions: number,
  { k, seed = 0, restarts = 20, maximumIterations = 1000, tolerance = 1e-9 }: MixtureOptions,
): Mixture {
  let best: Mixture | null = null
  for (let restart = 0; restart < restarts; restart++) {
    // One start each of K-means, not the best of several: likelihood has other maxima than inertia has minima.
    const { assignments } = kMeans(points, dimensions, { k, seed: seed + restart, restarts: 1 })
    const found = expectationMaximisation(points, dimensions, oneHot(assignments, k), k, maximumIterations, tolerance)
    if (!best || found.meanLogLikelihood > best.meanLogLikelihood) best = found
  }
  return best!
}

function expectationMaximisation(
  points: Float64Array,
  D: number,
  start: Float64Array,
  k: number,
  maximumIterations: number,
  tolerance: number,
): Mixture {
  const responsibilities = start // N x k
  let previous = -Infinity
  for (let iteration = 1; ; iteration++) {
    const mixture = { dimensions: D, ...maximise(points, D, responsibilities, k), meanLogLikelihood: 0, iterations: iteration }
    mixture.meanLogLikelihood = expect(points, mixture, responsibilities)
    if (mixture.meanLogLikelihood - previous < tolerance || iteration >= maximumIterations) return mixture
    previous = mixture.meanLogLikelihood
  }
}

function maximise(
  points: Float64Array,
  D: number,
  responsibilities: Float64Array,
  k: number,
): Pick<Mixture, 'weights' | 'means' | 'covariances'> {
  const N = points.length / D
  const weights = new Float64Array(k)
  const means = new Float64Array(k * D)
  const covariances = new Float64Array(k * D * D)
  const away = new Float64Array(D)
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
      for (let d = 0; d < D; d++) away[d] = points[i * D + d]! - means[c * D + d]!
      for (let a = 0; a < D; a++) for (let b = 0; b <= a; b++) covariances[(c * D + a) * D + b]! += r * away[a]! * away[b]!
    }
    for (let a = 0; a < D; a++) for (let b = 0; b < a; b++) covariances[(c * D + b) * D + a] = covariances[(c * D + a) * D + b]!
    for (let d = 0; d < D; d++) covariances[(c * D + d) * D + d]! += REGULARISATION
    weights[c] = mass / N
  }
  return { weights, means, covariances }
}

// Writes the responsibilities; returns the mean log-likelihood.
function expect(points: Float64Array, mixture: Mixture, responsibilities: Float64Array): number {
  const k = mixture.weights.length
  const N = points.length / mixture.dimensions
  const logs = componentLogs(points, mixture)
  let sum = 0
  for (let i = 0; i < N; i++) {
    const row = logs.subarray(i * k, (i + 1) * k)
    const total = logSumExp(row)
    for (let c = 0; c < k; c++) responsibilities[i * k + c] = Math.exp(row[c]! - total)
    sum += total
  }
  return sum / N
}

/** log density of the mixture at each point, nats. */
export function mixtureLogDensity(points: Float64Array, mixture: Mixture): Float64Array {
  const k = mixture.weights.length
  const logs = componentLogs(points, mixture)
  return Float64Array.from({ length: logs.length / k }, (_, i) => logSumExp(logs.subarray(i * k, (i + 1) * k)))
}

// log weight + log normal density of each point under each component, N x k. One so far below an earlier component's that
// its exponential beside it is 0 is left unfinished: only its being small counts.
function componentLogs(points: Float64Array, { dimensions: D, weights, means, covariances }: Mixture): Float64Array {
  const N = points.length / D
  const k = weights.length
  const logs = new Float64Array(N * k)
  const solved = new Float64Array(D)
  const most = new Float64Array(N).fill(-Infinity)
  for (let c = 0; c < k; c++) {
    const L = cholesky(covariances.subarray(c * D * D, (c + 1) * D * D), D)
    let constant = Math.log(weights[c]!) - 0.5 * D * LOG_TWO_PI
    for (let d = 0; d < D; d++) constant -= Math.log(L[d * D + d]!)
    for (let i = 0; i < N; i++) {
      let distance = 0
      const negligible = 2 * (constant - most[i]! + UNDERFLOW)
      for (let a = 0; a < D && distance < negligible; a++) {
        let value = points[i * D + a]! - means[c * D + a]!
        for (let b = 0; b < a; b++) value -= L[a * D + b]! * solved[b]!
        solved[a] = value / L[a * D + a]!
        distance += solved[a]! ** 2
      }
      const log = constant - 0.5 * distance
      logs[i * k + c] = log
      if (log > most[i]!) most[i] = log
    }
  }
  return logs
}

/** Lower triangle L with L L' = the matrix, D x D row-major. Throws RangeError when it is not positive definite. */
export function cholesky(matrix: Float64Array, D: number): Float64Array {
  const L = new Float64Array(D * D)
  for (let a = 0; a < D; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = matrix[a * D + b]!
      for (let d = 0; d < b; d++) sum -= L[a * D + d]! * L[b * D + d]!
      if (a === b && !(sum > 0)) throw new RangeError('expected a positive definite covariance; some dimension does not vary')
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
export function drawMixture(mixture: Mixture, count: number, seed: number): { draws: Float64Array; components: Int32Array } {
  const { dimensions: D, weights, means, covariances } = mixture
  const factors = Array.from(weights, (_, c) => cholesky(covariances.subarray(c * D * D, (c + 1) * D * D), D))
  const uniforms = uniform24(seed, 'mixture', 0, count)
  const noise = normals(seed, 'mixture', 1, count * D)
  const draws = new Float64Array(count * D)
  const components = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    let c = 0
    for (let left = uniforms[i]! - weights[0]!; left >= 0 && c < weights.length - 1; left -= weights[c]!) c++
    components[i] = c
    for (let a = 0; a < D; a++) {
      let value = means[c * D + a]!
      for (let b = 0; b <= a; b++) value += factors[c]![a * D + b]! * noise[i * D + b]!
      draws[i * D + a] = value
    }
  }
  return { draws, components }
}

/** The most probable component of each point, and how likely they all are: in one pass over what takes longest. */
export function judgeMixture(points: Float64Array, mixture: Mixture): { assignments: Int32Array; meanLogLikelihood: number } {
  const k = mixture.weights.length
  const logs = componentLogs(points, mixture)
  const assignments = new Int32Array(logs.length / k)
  let sum = 0
  for (let i = 0; i < assignments.length; i++) {
    const row = logs.subarray(i * k, (i + 1) * k)
    assignments[i] = row.indexOf(row.reduce((most, log) => Math.max(most, log)))
    sum += logSumExp(row)
  }
  return { assignments, meanLogLikelihood: sum / assignments.length }
}

function oneHot(assignments: Int32Array, k: number): Float64Array {
  const rows = new Float64Array(assignments.length * k)
  assignments.forEach((cluster, i) => (rows[i * k + cluster] = 1))
  return rows
}

function logSumExp(values: Float64Array): number {
  let most = -Infinity
  for (const value of values) most = Math.max(most, value)
  let sum = 0
  for (const value of values) sum += Math.exp(value - most)
  return most + Math.log(sum)
}
