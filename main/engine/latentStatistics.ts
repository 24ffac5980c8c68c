// What the posteriors of many images say about each latent dimension: its KL from the prior,
// whether it is in use, where its means lie. N images, Z latent; mean and logVariance are N x Z
// row-major.

/**
 * Mean KL(N(mean, exp(logVariance)) || N(0, 1)) of each dimension, nats: 0.5 (exp(lv) + mean^2 - 1
 * - lv).
 */
export function meanKlPerDimension(
  mean: Float32Array,
  logVariance: Float32Array,
  Z: number,
): Float64Array {
  const N = mean.length / Z
  const sums = new Float64Array(Z)
  for (let at = 0; at < mean.length; at++)
    sums[at % Z]! += 0.5 * (Math.exp(logVariance[at]!) + mean[at]! ** 2 - 1 - logVariance[at]!)
  return sums.map((sum) => sum / N)
}

/** Variance of each column over the rows, in two passes. */
export function columnVariances(table: Float32Array, Z: number): Float64Array {
  const N = table.length / Z
  const means = new Float64Array(Z)
  for (let at = 0; at < table.length; at++) means[at % Z]! += table[at]! / N
  const variances = new Float64Array(Z)
  for (let at = 0; at < table.length; at++)
    variances[at % Z]! += (table[at]! - means[at % Z]!) ** 2 / N
  return variances
}

/**
 * Quantiles of column `d` at `levels`, between values by straight lines (Hyndman & Fan 1996,
 * definition 7, as numpy).
 */
export function columnQuantiles(
  table: Float32Array,
  Z: number,
  d: number,
  levels: readonly number[],
): number[] {
  const column = new Float32Array(table.length / Z)
  for (let i = 0; i < column.length; i++) column[i] = table[i * Z + d]!
  return sortedQuantiles(column.sort(), levels)
}

/** `ascending`: sorted values, at least one. */
export function sortedQuantiles(ascending: ArrayLike<number>, levels: readonly number[]): number[] {
  return levels.map((level) => {
    const position = level * (ascending.length - 1)
    const below = Math.floor(position)
    const above = Math.min(ascending.length - 1, below + 1)
    return ascending[below]! + (position - below) * (ascending[above]! - ascending[below]!)
  })
}

/** The mean of the rows of each label that occurs, by rising label. */
export function classMeans(
  table: Float32Array,
  Z: number,
  labels: ArrayLike<number>,
): { label: number; images: number; mean: number[] }[] {
  const sums = new Map<number, { images: number; sum: Float64Array }>()
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!
    const found = sums.get(label) ?? { images: 0, sum: new Float64Array(Z) }
    sums.set(label, found)
    found.images++
    for (let d = 0; d < Z; d++) found.sum[d]! += table[i * Z + d]!
  }
  return [...sums]
    .sort(([a], [b]) => a - b)
    .map(([label, { images, sum }]) => ({
      label,
      images,
      mean: Array.from(sum, (total) => total / images),
    }))
}
