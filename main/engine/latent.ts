// Looking into a model: decode points, encode images, grids of the latent plane. Pixels come back as uint8 grey or float32.
import * as tf from './tf.ts'
import type { Spacing } from '../../preload/contract/latent.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import { valuesOf } from './apply.ts'
import type { VariationalAutoencoder } from './model.ts'
import { normals } from './random.ts'

/** z: count x Z row-major -> count x D in [0, 1], Bernoulli probabilities or means. One batched decode. */
export function decodePoints(model: VariationalAutoencoder, z: Float32Array, count: number): Float32Array {
  const Z = model.config.latentSize
  if (z.length !== count * Z)
    throw new StudioError(
      'bad-input',
      `Expected points of ${Z} numbers (the model's latent size), found ${z.length / count}. Give ${Z} numbers a point.`,
    )
  return valuesOf(() =>
    model.apply('decode', model, [tf.tensor2d(z, [count, Z])], (network, [points]) => [network.pixels(points as tf.Tensor2D)]),
  )[0]!
}

/** Grey or float pixels, count x D in [0, 1] -> posteriors, count x 2Z row-major, [mean | log variance]. */
export function encodeImages(model: VariationalAutoencoder, x: Float32Array, count: number): Float32Array {
  const Z = model.config.latentSize
  const codes = new Float32Array(count * 2 * Z)
  const D = x.length / count
  const batch = 1000 // bounds the memory of wide layers
  for (let start = 0; start < count; start += batch) {
    const n = Math.min(batch, count - start)
    const images = x.subarray(start * D, (start + n) * D)
    const [part] = valuesOf(() =>
      model.apply('encode', model, [tf.tensor2d(images, [n, D])], (network, [batch]) => [codesOf(network, batch as tf.Tensor2D)]),
    )
    codes.set(part!, start * 2 * Z)
  }
  return codes
}

// [B, D] -> [B, 2Z]
function codesOf(model: VariationalAutoencoder, x: tf.Tensor2D): tf.Tensor {
  const { mean, logVariance } = model.encode(x)
  return tf.concat([mean, logVariance], 1)
}

/** n draws of z from the prior N(0, I), n x Z; the same seed gives the same draws. */
export function priorPoints(seed: number, count: number, latentSize: number): Float32Array {
  return normals(seed, 'prior', 0, count * latentSize)
}

/**
 * The points of the latent grid, (lastRow - firstRow) x grid of them, Z numbers each, in picture order.
 * The tutorial's picture: cell (row i, column j) decodes z = (axis[j], axis[i]) with the axis rising from its lower end.
 */
export function gridPoints(
  axis: number[],
  latentSize: number,
  dimensions: [number, number],
  at: number[] | null,
  firstRow: number,
  rows: number,
): Float32Array {
  const grid = axis.length
  const points = new Float32Array(rows * grid * latentSize)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < grid; column++) {
      const offset = (row * grid + column) * latentSize
      if (at) points.set(at.slice(0, latentSize), offset)
      if (latentSize > 1) points[offset + dimensions[1]] = axis[firstRow + row]!
      points[offset + dimensions[0]] = axis[column]!
    }
  }
  return points
}

/** Positions along one side of the grid: even over +-limit, or the normal quantiles at (i + 1/2) / grid. */
export function gridAxis(grid: number, spacing: Spacing): number[] {
  return Array.from({ length: grid }, (_, i) =>
    spacing.kind === 'range' ? spacing.limit * ((2 * i) / (grid - 1) - 1) : normalQuantile((i + 0.5) / grid),
  )
}

/** Inverse of the standard normal's distribution function, |relative error| < 1.2e-9 (P. J. Acklam's rational approximation). */
export function normalQuantile(p: number): number {
  const a = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239]
  const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1]
  const c = [
    -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783,
  ]
  const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1]
  const polynomial = (coefficients: number[], x: number) => coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0)
  if (p > 0.97575) return -normalQuantile(1 - p)
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p))
    return polynomial(c, q) / polynomial(d, q)
  }
  const q = p - 0.5
  return (polynomial(a, q * q) * q) / polynomial(b, q * q)
}
