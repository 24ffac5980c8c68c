// Looking into a model: decode points, encode images, grids of the latent plane. Pixels come back
// as uint8 grey or float32.
import * as tf from './tf.ts'
import type { Spacing } from '../../preload/contract/latent.ts'
import { normalQuantile } from '../../preload/contract/normal.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import { valuesOf } from './tensorValues.ts'
import type { VariationalAutoencoder } from './model.ts'
import { normals } from './random.ts'

/**
 * z: count x Z row-major -> count x D in [0, 1], Bernoulli probabilities or means. One batched
 * decode.
 */
export function decodePoints(
  model: VariationalAutoencoder,
  z: Float32Array,
  count: number,
): Float32Array {
  const Z = model.config.latentSize
  if (z.length !== count * Z)
    throw new StudioError(
      'bad-input',
      `Expected points of ${Z} numbers (the model's latent size), found ${z.length / count}. Give ${Z} numbers per point.`,
    )
  return valuesOf(() =>
    model.apply('decode', model, [tf.tensor2d(z, [count, Z])], (network, [points]) => [
      network.pixels(points as tf.Tensor2D),
    ]),
  )[0]!
}

/**
 * Grey or float pixels, count x D in [0, 1] -> posteriors, count x 2Z row-major, [mean | log
 * variance].
 */
export function encodeImages(
  model: VariationalAutoencoder,
  x: Float32Array,
  count: number,
): Float32Array {
  const Z = model.config.latentSize
  const codes = new Float32Array(count * 2 * Z)
  const D = x.length / count
  const batch = 1000 // bounds the memory of wide layers
  for (let start = 0; start < count; start += batch) {
    const n = Math.min(batch, count - start)
    const images = x.subarray(start * D, (start + n) * D)
    const [part] = valuesOf(() =>
      model.apply('encode', model, [tf.tensor2d(images, [n, D])], (network, [batch]) => [
        codesOf(network, batch as tf.Tensor2D),
      ]),
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

/** Positions along the two sides of a grid, and where it lies in latent space. */
export interface LatentGrid {
  /** Left to right, top to bottom. */
  columns: number[]
  rows: number[]
  /** Two dimensions that vary, or two directions of Z numbers to go along. */
  spans: { dimensions: [number, number] } | { directions: [number[], number[]] }
  /** Where the grid starts from, Z numbers; null for the origin. */
  at: number[] | null
}

/**
 * Points of the latent grid, rows x columns of them, Z numbers each, in picture order. The
 * tutorial's picture: cell (row i, column j) decodes z = (columns[j], rows[i]) with both rising
 * from their lower end. Along directions a, b: z = at + columns[j] a + rows[i] b.
 */
export function gridPoints(
  { columns, rows, spans, at }: LatentGrid,
  latentSize: number,
): Float32Array {
  const points = new Float32Array(rows.length * columns.length * latentSize)
  rows.forEach((down, row) =>
    columns.forEach((across, column) => {
      const offset = (row * columns.length + column) * latentSize
      if (at) points.set(at.slice(0, latentSize), offset)
      if ('directions' in spans) {
        const [a, b] = spans.directions
        for (let d = 0; d < latentSize; d++)
          points[offset + d] = (at?.[d] ?? 0) + across * a[d]! + down * b[d]!
        return
      }
      if (latentSize > 1) points[offset + spans.dimensions[1]] = down
      points[offset + spans.dimensions[0]] = across
    }),
  )
  return points
}

/**
 * Positions along both sides of the grid: even over +-limit, the normal quantiles at (i + 1/2) /
 * grid, or a window's.
 */
export function gridAxes(grid: number, spacing: Spacing): { columns: number[]; rows: number[] } {
  const axis = (position: (i: number) => number) =>
    Array.from({ length: grid }, (_, i) => position(i))
  if (spacing.kind === 'window') {
    const { across, down, scale } = spacing
    const value = scale === 'quantile' ? normalQuantile : (share: number) => share
    const between = ([low, high]: [number, number]) =>
      axis((i) => value(low + ((high - low) * i) / (grid - 1)))
    return { columns: between(across), rows: between(down) }
  }
  const both = axis((i) =>
    spacing.kind === 'range'
      ? spacing.limit * ((2 * i) / (grid - 1) - 1)
      : normalQuantile((i + 0.5) / grid),
  )
  return { columns: both, rows: both }
}
