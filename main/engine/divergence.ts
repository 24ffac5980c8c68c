// Entropy and Kullback-Leibler divergence of discrete distributions and of normal ones, in nats
// unless a base is given.

/**
 * Nonnegative weights -> a distribution that sums to 1. Throws RangeError for a negative, missing
 * or all-zero one.
 */
export function normalised(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (
    weights.length === 0 ||
    weights.some((weight) => !(weight >= 0)) ||
    !(total > 0) ||
    !Number.isFinite(total)
  )
    throw new RangeError('expected nonnegative weights with a positive sum')
  return weights.map((weight) => weight / total)
}

/** -sum p log p; weights are normalised first, as scipy.stats.entropy does. */
export function entropy(weights: readonly number[], base = Math.E): number {
  return (
    normalised(weights).reduce((sum, p) => sum - (p > 0 ? p * Math.log(p) : 0), 0) / Math.log(base)
  )
}

/**
 * sum p log(p / q); Infinity where q is 0 and p is not. Throws RangeError for different lengths.
 */
export function discreteDivergence(
  p: readonly number[],
  q: readonly number[],
  base = Math.E,
): number {
  if (p.length !== q.length)
    throw new RangeError(
      `expected two distributions of one length, found ${p.length} and ${q.length}`,
    )
  const q1 = normalised(q)
  const sum = normalised(p).reduce(
    (total, value, i) =>
      total + (value === 0 ? 0 : q1[i] === 0 ? Infinity : value * Math.log(value / q1[i]!)),
    0,
  )
  return sum / Math.log(base)
}

export interface Normal {
  mean: number
  standardDeviation: number
}

/** KL(a || b) of two normals, nats: log(s2/s1) + (s1^2 + (m1 - m2)^2) / (2 s2^2) - 1/2. */
export function normalDivergence(a: Normal, b: Normal): number {
  const variance = b.standardDeviation ** 2
  return (
    Math.log(b.standardDeviation / a.standardDeviation) +
    (a.standardDeviation ** 2 + (a.mean - b.mean) ** 2) / (2 * variance) -
    0.5
  )
}
