// A model measured on images that it was not trained on: negative ELBO with one sample of z, its
// parts, active units, and the importance-sampled estimate of -log p(x). Works in batches and
// yields between them.
import * as tf from './tf.ts'
import { activeVariance } from '../../preload/contract/health.ts'
import type { Evaluation } from '../../preload/contract/records.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'
import { valuesOf } from './tensorValues.ts'
import {
  crossEntropyPerImage,
  importanceNll,
  klPerDimension,
  reconstructionPerImage,
  squaredErrorPerImage,
} from './losses.ts'
import { greyFloats } from './grey.ts'
import type { VariationalAutoencoder } from './model.ts'
import { drawnBetween, drawnOnce, prepared, type ImageSet } from './plan.ts'
import { normals } from './random.ts'

/** Images in one call: enough to fill the cores, few enough to stay in their caches. */
const BATCH = 500
const LOG_TWO_PI = Math.log(2 * Math.PI)

export type Measured = Pick<
  Evaluation,
  | 'reconstruction'
  | 'kl'
  | 'negativeElbo'
  | 'klPerDimension'
  | 'activeUnits'
  | 'squaredError'
  | 'greyCrossEntropy'
  | 'images'
> & { nll?: number; samples?: number }

export interface EvaluationOptions {
  /** Importance samples for each image; 0 leaves the NLL out. */
  samples: number
  onProgress?: (done: number, total: number) => void
  /** Awaited between batches: lets other work in, and throws to cancel. */
  breathe?: () => Promise<void>
}

/**
 * What a model of this configuration is asked to explain: dynamically binarised images are drawn
 * once, with the run's seed.
 */
export function evaluationTargets(config: RunConfig, data: ImageSet): ImageSet {
  return config.binarisation === 'dynamic'
    ? { ...data, images: drawnOnce(config.seed, data.images) }
    : prepared(config, data)
}

/** Of those targets the one of image `index`, D values. */
export function evaluationTarget(config: RunConfig, data: ImageSet, index: number): Uint8Array {
  const D = data.images.length / data.count
  if (config.binarisation === 'dynamic' || config.binarisation === 'fixed')
    return drawnBetween(config.seed, data.images, index * D, (index + 1) * D)
  return prepared(config, { images: data.images.subarray(index * D, (index + 1) * D), count: 1 })
    .images
}

/** grey: the images as they are; target: what is to be explained (evaluationTargets). */
export async function evaluate(
  model: VariationalAutoencoder,
  grey: ImageSet,
  target: ImageSet,
  options: EvaluationOptions,
): Promise<Measured> {
  const Z = model.config.latentSize
  const D = target.images.length / target.count
  const sums = {
    reconstruction: 0,
    squared: 0,
    cross: 0,
    nll: 0,
    kl: new Float64Array(Z),
    mean: new Float64Array(Z),
    square: new Float64Array(Z),
  }
  const noise = normals(model.config.seed, 'evaluation', 0, target.count * Z)
  for (let start = 0; start < target.count; start += BATCH) {
    const n = Math.min(BATCH, target.count - start)
    addBatch(
      sums,
      model,
      slice(target, start, n, D),
      slice(grey, start, n, D),
      noise.subarray(start * Z, (start + n) * Z),
      n,
    )
    if (options.samples > 0)
      sums.nll += await nllOf(model, slice(target, start, n, D), n, start, target.count, options)
    options.onProgress?.(start + n, target.count)
    await options.breathe?.()
  }
  const N = target.count
  const klPerDimension = Array.from(sums.kl, (sum) => sum / N)
  const kl = klPerDimension.reduce((total, value) => total + value, 0)
  return {
    images: N,
    reconstruction: sums.reconstruction / N,
    kl,
    negativeElbo: sums.reconstruction / N + kl,
    klPerDimension,
    activeUnits: activeCount(sums.mean, sums.square, N),
    squaredError: sums.squared / N,
    greyCrossEntropy: sums.cross / N,
    ...(options.samples > 0 ? { nll: sums.nll / N, samples: options.samples } : {}),
  }
}

type Sums = {
  reconstruction: number
  squared: number
  cross: number
  nll: number
  kl: Float64Array
  mean: Float64Array
  square: Float64Array
}

// -> reconstruction [B], squared error [B], cross-entropy on grey values [B], KL [B, Z], posterior mean [B, Z]
function measures(
  model: VariationalAutoencoder,
  x: tf.Tensor2D,
  grey: tf.Tensor2D,
  noise: tf.Tensor2D,
): tf.Tensor[] {
  const posterior = model.encode(x)
  const logits = model.decode(model.sample(posterior, noise))
  const reconstruction = reconstructionPerImage(
    model.config,
    x,
    logits,
    model.parameters['decoder.noise'],
  )
  return [
    reconstruction,
    squaredErrorPerImage(grey, logits),
    crossEntropyPerImage(grey, logits),
    klPerDimension(posterior),
    posterior.mean,
  ]
}

/**
 * Images to validate on again and again: uploaded once, with the noise that each evaluation uses.
 */
export interface ValidationSet {
  count: number
  batches: { x: tf.Tensor2D; noise: tf.Tensor2D }[]
}

/** target: see evaluationTargets. Keeps 4 bytes for each value on the device. */
export function uploadValidation(config: RunConfig, target: ImageSet): ValidationSet {
  const Z = config.latentSize
  const D = target.images.length / target.count
  const noise = normals(config.seed, 'evaluation', 0, target.count * Z)
  const batches: ValidationSet['batches'] = []
  for (let start = 0; start < target.count; start += BATCH) {
    const n = Math.min(BATCH, target.count - start)
    batches.push({
      x: tf.tensor2d(slice(target, start, n, D), [n, D]),
      noise: tf.tensor2d(noise.slice(start * Z, (start + n) * Z), [n, Z]),
    })
  }
  return { count: target.count, batches }
}

/**
 * The two parts of the negative ELBO on the validation images, as `evaluate` measures them; sums
 * are made on the device.
 */
export async function validate(
  model: VariationalAutoencoder,
  set: ValidationSet,
  breathe: () => Promise<void>,
): Promise<
  Pick<Measured, 'reconstruction' | 'kl' | 'negativeElbo' | 'klPerDimension' | 'activeUnits'>
> {
  let reconstruction = 0
  const [kl, mean, square] = [0, 1, 2].map(() => new Float64Array(model.config.latentSize)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ]
  for (const batch of set.batches) {
    const [explained, ...perDimension] = summedParts(model, batch)
    reconstruction += explained![0]!
    ;[kl, mean, square].forEach((sums, part) =>
      perDimension[part]!.forEach((sum, d) => (sums[d]! += sum)),
    )
    await breathe()
  }
  const klPerDimension = Array.from(kl, (sum) => sum / set.count)
  const klTotal = klPerDimension.reduce((total, value) => total + value, 0)
  return {
    reconstruction: reconstruction / set.count,
    kl: klTotal,
    negativeElbo: reconstruction / set.count + klTotal,
    klPerDimension,
    activeUnits: activeCount(mean, square, set.count),
  }
}

// mean, square: sums over N images of each dimension's posterior mean and of its square.
function activeCount(mean: Float64Array, square: Float64Array, N: number): number {
  return square.filter((sum, d) => sum / N - (mean[d]! / N) ** 2 > activeVariance).length
}

/**
 * One batch of a validation, so that its program is compiled before training rather than in the
 * middle, where people wait.
 */
export function rehearseValidation(model: VariationalAutoencoder, set: ValidationSet): void {
  if (set.batches[0]) summedParts(model, set.batches[0])
}

// Sums over a batch: reconstruction [1], then KL, posterior mean and its square, each [Z].
function summedParts(
  model: VariationalAutoencoder,
  { x, noise }: ValidationSet['batches'][number],
): Float32Array[] {
  return valuesOf(() =>
    model.apply('validate', model, [x, noise], (network, [images, eps]) => {
      const parts = network.elbo(images as tf.Tensor2D, eps as tf.Tensor2D)
      const { mean } = parts.posterior
      return [
        tf.sum(parts.reconstruction),
        tf.sum(parts.kl, 0),
        tf.sum(mean, 0),
        tf.sum(tf.square(mean), 0),
      ]
    }),
  )
}

// target, grey: n x D in [0, 1]; noise: n x Z.
function addBatch(
  sums: Sums,
  model: VariationalAutoencoder,
  target: Float32Array,
  grey: Float32Array,
  noise: Float32Array,
  n: number,
): void {
  const Z = model.config.latentSize
  const [reconstruction, squared, cross, kl, mean] = valuesOf(() => {
    const inputs = [
      tf.tensor2d(target, [n, target.length / n]),
      tf.tensor2d(grey, [n, grey.length / n]),
      tf.tensor2d(noise, [n, Z]),
    ]
    return model.apply('evaluate', model, inputs, (network, [x, original, eps]) =>
      measures(network, x as tf.Tensor2D, original as tf.Tensor2D, eps as tf.Tensor2D),
    )
  })
  const add = (values: ArrayLike<number>) =>
    Array.prototype.reduce.call(
      values,
      (total, value) => (total as number) + (value as number),
      0,
    ) as number
  sums.reconstruction += add(reconstruction!)
  sums.squared += add(squared!)
  sums.cross += add(cross!)
  for (let i = 0; i < kl!.length; i++) {
    sums.kl[i % Z]! += kl![i]!
    sums.mean[i % Z]! += mean![i]!
    sums.square[i % Z]! += mean![i]! ** 2
  }
}

// Sum over n images of the NLL estimate from K samples each: log w = log p(x|z) + log p(z) - log
// q(z|x).
async function nllOf(
  model: VariationalAutoencoder,
  target: Float32Array,
  n: number,
  firstImage: number,
  total: number,
  options: EvaluationOptions,
): Promise<number> {
  const K = options.samples
  const Z = model.config.latentSize
  const D = target.length / n
  // Images at once, so that at most about 5,000 decodes are in memory; a divisor of the batch, so
  // that one shape serves.
  const group =
    [500, 250, 125, 100, 50, 25, 20, 10, 5, 4, 2, 1].find(
      (size) => size * K <= 5000 && n % size === 0,
    ) ?? 1
  let sum = 0
  for (let start = 0; start < n; start += group) {
    const size = Math.min(group, n - start)
    const noise = normals(model.config.seed, 'importance', firstImage + start, size * K * Z)
    const images = target.subarray(start * D, (start + size) * D)
    const [nll] = valuesOf(() => {
      const inputs = [tf.tensor2d(images, [size, D]), tf.tensor3d(noise, [size, K, Z])]
      return model.apply('nll', model, inputs, (network, [x, eps]) => [
        tf.sum(importanceNll(logWeights(network, x as tf.Tensor2D, eps as tf.Tensor3D))),
      ])
    })
    sum += nll![0]!
    options.onProgress?.(firstImage + start + size, total)
    await options.breathe?.()
  }
  return sum
}

/** x: [B, D]; noise: [B, K, Z] normals -> [B, K] log importance weights, nats. */
export function logWeights(
  model: VariationalAutoencoder,
  x: tf.Tensor2D,
  noise: tf.Tensor3D,
): tf.Tensor2D {
  const K = noise.shape[1]
  const Z = model.config.latentSize
  const B = x.shape[0]
  const { mean, logVariance } = model.encode(x)
  const repeat = (t: tf.Tensor2D, size: number) =>
    tf.reshape(tf.tile(tf.expandDims(t, 1), [1, K, 1]), [B * K, size]) as tf.Tensor2D
  const eps = tf.reshape(noise, [B * K, Z]) as tf.Tensor2D
  const spread = repeat(logVariance, Z) // [BK, Z]
  const z = model.sample({ mean: repeat(mean, Z), logVariance: spread }, eps)
  const explained = reconstructionPerImage(
    model.config,
    repeat(x, x.shape[1]),
    model.decode(z),
    model.parameters['decoder.noise'],
  ) // [BK]
  const prior = tf.sum(tf.mul(tf.add(tf.square(z), LOG_TWO_PI), -0.5), 1)
  const posterior = tf.sum(tf.mul(tf.add(tf.add(tf.square(eps), spread), LOG_TWO_PI), -0.5), 1)
  return tf.reshape(tf.sub(tf.sub(prior, posterior), explained), [B, K]) as tf.Tensor2D
}

const slice = (set: ImageSet, start: number, n: number, D: number): Float32Array =>
  greyFloats(set.images.subarray(start * D, (start + n) * D))
