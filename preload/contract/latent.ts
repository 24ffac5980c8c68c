// Requests about a model's latent space, answered by the run's own trainer while it trains and by
// the viewer otherwise.
import { oc, type } from '@orpc/contract'
import { bytes } from './bytes.ts'
import { z } from './zod.ts'
import { reference } from './reference.ts'

/**
 * Bytes of one answer at most, half a megabyte as base64; a larger picture is asked for in pieces
 * (rows of the manifold, parts of a batch).
 */
export const maxAnswerBytes = 384 * 1024

/**
 * Which weights: those of the running trainer, the newest or best stored checkpoint, or the one at
 * a step.
 */
export const checkpointChoice = z.union([z.enum(['live', 'last', 'best']), z.int().min(0)])
export type CheckpointChoice = z.infer<typeof checkpointChoice>

// beyond this float32 squares overflow, and nothing was ever encoded there
const farthest = 1e6
const point = z.array(z.number().min(-farthest).max(farthest)).min(1).max(1024)
const split = z.enum(['train', 'validation', 'test'])
const rising = (least: number, most: number) =>
  z
    .tuple([z.number().min(least).max(most), z.number().min(least).max(most)])
    .refine(([low, high]) => low < high, {
      error: 'the first number must be less than the second',
    })
/**
 * range: limits of the square. quantile: the standard normal's quantiles at (i + 1/2) / grid.
 * window: a part of the plane by the positions of its first and last column and row; with the scale
 * `quantile` these are levels between 0 and 1, and the grid lies on the quantiles of even levels.
 */
export const spacing = z.union([
  z.object({ kind: z.literal('range'), limit: z.number().positive().max(100) }),
  z.object({ kind: z.literal('quantile') }),
  z.object({
    kind: z.literal('window'),
    scale: z.literal('even').default('even'),
    across: rising(-farthest, farthest),
    down: rising(-farthest, farthest),
  }),
  z.object({
    kind: z.literal('window'),
    scale: z.literal('quantile'),
    across: rising(1e-9, 1 - 1e-9),
    down: rising(1e-9, 1 - 1e-9),
  }),
])
export type Spacing = z.infer<typeof spacing>

/** Where the answer comes from: which step's weights, on which rung. */
export interface Provenance {
  run: string
  step: number
  live: boolean
}

/**
 * count images of height x width x channels; uint8 grey (0..255) or little-endian float32 in [0,1],
 * as asked.
 */
export interface Images extends Provenance {
  count: number
  width: number
  height: number
  channels: number
  pixels: Uint8Array
}

/**
 * z positions of the rows (top to bottom) and columns (left to right) of the grid, then the tiles
 * asked for.
 */
export interface Manifold extends Images {
  grid: number
  rows: number[]
  columns: number[]
  firstRow: number
}

/** Posterior of N images: N x 2Z little-endian float32, [mu | logvar]. */
export interface Posteriors extends Provenance {
  count: number
  latentSize: number
  codes: Uint8Array
  /** Class index for each image, empty for images without labels. */
  labels: number[]
}

const model = { run: reference, checkpoint: checkpointChoice.default('live') }
const encoding = z.enum(['uint8', 'float32']).default('uint8')

export const latent = {
  decode: oc
    .input(z.object({ ...model, z: z.array(point).min(1).max(4096), as: encoding }))
    .output(type<Images>()),
  manifold: oc
    .input(
      z.object({
        ...model,
        grid: z.int().min(2).max(60).default(20),
        spacing: spacing.default({ kind: 'range', limit: 3 }),
        /** The two dimensions that vary; the others stay at `at` (0 when missing). */
        dimensions: z.tuple([z.int().min(0), z.int().min(0)]).default([0, 1]),
        /**
         * Instead of dimensions: z = at + across * first + down * second, such as two principal
         * components.
         */
        directions: z.tuple([point, point]).optional(),
        at: point.optional(),
        firstRow: z.int().min(0).default(0),
        rows: z.int().min(1).max(60).optional(),
      }),
    )
    .output(type<Manifold>()),
  /** Images given as uint8 grey or float32 pixels, or by their index in a split. */
  encode: oc
    .input(
      z.object({
        ...model,
        images: z.union([
          z.object({
            kind: z.literal('pixels'),
            as: z.enum(['uint8', 'float32']),
            count: z.int().min(1).max(4096),
            pixels: bytes,
          }),
          z.object({
            kind: z.literal('split'),
            split,
            first: z.int().min(0),
            count: z.int().min(1).max(10_000),
          }),
        ]),
      }),
    )
    .output(type<Posteriors>()),
  /**
   * The images themselves and their reconstructions through the posterior mean, one after the other
   * (count = 2N).
   */
  reconstruct: oc
    .input(z.object({ ...model, split, indices: z.array(z.int().min(0)).min(1).max(256) }))
    .output(type<Images>()),
  /** n decoded draws from the prior; the same seed gives the same draws. */
  sample: oc
    .input(
      z.object({
        ...model,
        count: z.int().min(1).max(256),
        seed: z.int().min(0).max(4_294_967_295).default(0),
        as: encoding,
      }),
    )
    .output(type<Images & { z: number[][] }>()),
}
