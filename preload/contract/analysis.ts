// Questions about what a latent space holds rather than what it decodes to: statistics, densities,
// neighbours, clusters. All rest on the posteriors of the first images of one split ("the codes"),
// which a host encodes once for each model.
import { eventIterator, oc, type } from '@orpc/contract'
import { bytes } from './bytes.ts'
import type { Provenance } from './latent.ts'
import { checkpointChoice, maxAnswerBytes } from './latent.ts'
import type { Progress } from './records.ts'
import { reference } from './reference.ts'
import { z } from './zod.ts'

const point = z.array(z.number()).min(1).max(1024)
const split = z.enum(['train', 'validation', 'test'])
const seed = z.int().min(0).max(4_294_967_295).default(0)

/**
 * Points to be judged: listed, or those of a plane, row by row (y outside, x inside): origin + x
 * across + y down. A grid of 128-dimensional points listed one by one would be larger than a
 * message may be.
 */
const points = z.union([
  z.array(point).min(1).max(4096),
  z.object({
    origin: point,
    across: point,
    down: point,
    x: z.array(z.number()).min(1).max(4096),
    y: z.array(z.number()).min(1).max(4096),
  }),
])
export type Points = z.infer<typeof points>
/** Points in one question at most. */
export const mostPoints = 4096

/**
 * Whose codes: the first `images` of a split, or all of it when it has fewer. They are encoded as
 * grey, as `latent.encode` does.
 */
export const codesChoice = z.object({
  split: split.default('validation'),
  images: z.int().min(1).max(70_000).default(5000),
})
export type CodesChoice = z.infer<typeof codesChoice>

const model = { run: reference, checkpoint: checkpointChoice.default('live') }
const subject = { ...model, codes: codesChoice.default({ split: 'validation', images: 5000 }) }

/** Levels of the quantiles in `LatentStatistics`. */
export const quantileLevels = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99] as const

/** Numbers have six digits: some 37,000 of them, of 1,024 dimensions, fit into one answer. */
export interface LatentStatistics extends Provenance {
  images: number
  latentSize: number
  /**
   * Mean KL from the prior of each dimension, nats per image: as validations measure it, of pixels
   * binarised as the run does.
   */
  klPerDimension: number[]
  /**
   * Dimensions whose posterior means vary over the same pixels: Var(mu) > 0.01 (Burda et al. 2016,
   * section 5).
   */
  active: boolean[]
  /** Mean and standard deviation of the posterior means, each of Z. */
  mean: number[]
  deviation: number[]
  /** Quantiles of the posterior means at `quantileLevels`, Z rows. */
  quantiles: number[][]
  /** Mean posterior mean of each class that occurs; empty without labels. */
  classes: { label: number; images: number; mean: number[] }[]
  /**
   * Principal components of the posterior means: unit rows by falling variance, at most 16; signs:
   * largest entry positive.
   */
  principal: { components: number[][]; variances: number[]; totalVariance: number }
}

/** Natural logarithms of densities at each point asked. */
export interface Densities extends Provenance {
  images: number
  /** log N(z; 0, I) */
  prior: number[]
  /**
   * log of the aggregate posterior 1/N sum_i N(z; mu_i, sigma_i^2) (Makhzani et al. 2016, section
   * 2).
   */
  posterior: number[]
  /**
   * log densities of the aggregate posterior that 1 % and 50 % of 2,000 draws from it fall below;
   * under the first is extrapolation. Each draw counts the posterior that it was drawn from, so
   * with few images both are a little high.
   */
  rare: number
  usual: number
}

/**
 * For each point the nearest images by Euclidean distance between z and the posterior mean, nearest
 * first.
 */
export interface Neighbours extends Provenance {
  split: 'train' | 'validation' | 'test'
  images: number
  points: { index: number; distance: number; label: number | null }[][]
  /** All those images, one after the other in that order, uint8 grey. */
  count: number
  width: number
  height: number
  channels: number
  pixels: Uint8Array
}

/**
 * One image through the model: its posterior, what it decodes to, what that costs. As in an
 * evaluation, the model sees the image binarised where the run binarises (drawn once, with the
 * run's seed, where training draws anew each time): the average of `loss` over a split is what
 * `runs.evaluate` says.
 */
export interface Explanation extends Provenance {
  latentSize: number
  mean: number[]
  logVariance: number[]
  label: number | null
  /**
   * Averages over the samples (with none, of the mean), nats; without free bits, which are about
   * batches; total = reconstruction + klWeight x sum of KL is what training lowers.
   */
  loss: {
    likelihood: string
    reconstruction: number
    klPerDimension: number[]
    klWeight: number
    total: number
  }
  width: number
  height: number
  channels: number
  /**
   * uint8 grey: the image as the model saw it, its reconstruction through the mean, then one
   * decoded image for each sample.
   */
  count: number
  pixels: Uint8Array
  /** The sampled z, in the same order. */
  samples: number[][]
}

/**
 * Of the posterior means. Work is bounded: more clusters, dimensions or images get fewer restarts
 * and iterations, and a mixture is fitted to at most 10,000 of the images, evenly chosen, then all
 * are assigned. The same seed gives the same answer.
 */
export interface Clusters extends Provenance {
  method: 'prior' | 'mixture' | 'kmeans'
  images: number
  latentSize: number
  /**
   * Empty for the prior. `images`: how many codes are in it. Covariances for the mixture only (Z x
   * Z row-major, five digits), left out when all of them would be more than 16,384 numbers. Purity
   * and label: against labels, null without labels and for a cluster without images.
   */
  clusters: {
    images: number
    weight: number
    centre: number[]
    covariance?: number[]
    label: number | null
    purity: number | null
  }[]
  /**
   * Share of images whose cluster's most frequent label is their own (Manning et al. 2008, section
   * 16.3).
   */
  purity: number | null
  /** Mean log-likelihood of the codes in nats (prior, mixture); inertia for K-means. */
  score: { name: 'log-likelihood' | 'inertia'; value: number }
  /**
   * Draws from the prior, from the mixture, or each K-means centre once (`count` is then at most
   * k), with decoded images (uint8 grey).
   */
  draws: number[][]
  /** The cluster of each draw; empty for the prior. */
  drawnFrom: number[]
  count: number
  width: number
  height: number
  channels: number
  pixels: Uint8Array
}

/** Numbers of all covariances that an answer about clusters may carry, and most clusters. */
export const mostCovariances = 16_384
export const mostClusters = 64
// the most that a number of five or of nine digits takes with its sign, zeros or exponent and comma
const [shortNumber, longNumber] = [14, 18]

/** Whether an answer about k clusters of a mixture carries their covariances. */
export const carriesCovariances = (k: number, latentSize: number) =>
  k * latentSize ** 2 <= mostCovariances

/** Clusters that an answer has room for: each has a centre. */
export function mostClustersOf(latentSize: number): number {
  return Math.min(mostClusters, Math.floor(maxAnswerBytes / (shortNumber * latentSize)))
}

/** A latent vector and its picture in an answer, bytes at most. */
export const bytesOfDraw = (pixels: number, latentSize: number) => pixels + longNumber * latentSize

/**
 * Draws that fit into one answer: pictures of so many pixels and their latent vectors, beside what
 * k clusters say (the prior has none).
 */
export function mostDraws(pixels: number, latentSize: number, k: number): number {
  const covariances = carriesCovariances(k, latentSize) ? k * latentSize ** 2 : 0
  const clusters = (k * latentSize + covariances) * shortNumber
  return Math.max(
    1,
    Math.min(256, Math.floor((maxAnswerBytes - clusters) / bytesOfDraw(pixels, latentSize))),
  )
}

/** Images that a UMAP plane is made of at most: measured on two cores, half a minute. */
export const mostProjected = 20_000

/**
 * Where each image lies in the UMAP plane of the posterior means (McInnes et al. 2018): x and y of
 * the first image, then of the next, to a thousandth.
 */
export interface Projection extends Provenance {
  images: number
  positions: number[]
}

export const analysis = {
  statistics: oc.input(z.object(subject)).output(type<LatentStatistics>()),
  density: oc.input(z.object({ ...subject, z: points })).output(type<Densities>()),
  nearest: oc
    .input(
      z.object({
        ...subject,
        z: z.array(point).min(1).max(64),
        count: z.int().min(1).max(64).default(8),
      }),
    )
    .output(type<Neighbours>()),
  /** An image of a split, or one given as uint8 grey. */
  explain: oc
    .input(
      z.object({
        ...model,
        image: z.union([
          z.object({ kind: z.literal('pixels'), pixels: bytes }),
          z.object({ kind: z.literal('split'), split, index: z.int().min(0) }),
        ]),
        samples: z.int().min(0).max(64).default(8),
        seed,
      }),
    )
    .output(type<Explanation>()),
  clusters: oc
    .input(
      z.object({
        ...subject,
        method: z.enum(['prior', 'mixture', 'kmeans']),
        k: z.int().min(1).max(mostClusters).default(10),
        seed,
        draws: z.int().min(0).max(256).default(64),
        /** Seed of the draws alone, so that others come from the same clusters; missing: `seed`. */
        drawSeed: z.int().min(0).max(4_294_967_295).optional(),
      }),
    )
    .output(type<Clusters>()),
  /**
   * Progress, then the projection as the last item. Of stored weights: `live` takes the newest
   * checkpoint.
   */
  project: oc
    .input(
      z.object({
        ...subject,
        seed,
        neighbours: z.int().min(2).max(200).default(15),
        minimumDistance: z.number().min(0).max(1).default(0.1),
      }),
    )
    .output(
      eventIterator(
        type<
          { kind: 'progress'; progress: Progress } | { kind: 'result'; projection: Projection }
        >(),
      ),
    ),
}
