// What a run will do, fixed before its first step: its length, its data order, and when it looks at
// itself.
import { StudioError } from '../../preload/contract/errors.ts'
import type { ImageShape } from '../../preload/contract/parameters.ts'
import { maximumSteps, type RunConfig } from '../../preload/contract/runConfig.ts'
import { permutation, stepWords } from './random.ts'

/** Grey images, uint8, count x D row-major. */
export interface ImageSet {
  images: Uint8Array
  count: number
}

export interface TrainingPlan {
  config: RunConfig
  image: ImageShape
  /** Values of one image, D. */
  values: number
  data: ImageSet
  stepsPerEpoch: number
  totalSteps: number
  evaluateEvery: number
  /** Ascending steps at which a frame is kept; the first is 0, the last totalSteps. */
  frameSteps: number[]
}

/**
 * Throws StudioError bad-config when the batch does not fit the data, or the run is too long to
 * count.
 */
export function planRun(config: RunConfig, image: ImageShape, data: ImageSet): TrainingPlan {
  const stepsPerEpoch = Math.floor(data.count / config.batchSize)
  if (stepsPerEpoch === 0)
    throw problem(
      'batchSize',
      `Batch size: expected at most ${data.count}, the number of training images, found ${config.batchSize}. Choose a smaller batch.`,
    )
  const totalSteps = config.lengthUnit === 'epochs' ? config.length * stepsPerEpoch : config.length
  if (totalSteps > maximumSteps)
    throw problem(
      'length',
      `Length: expected at most ${maximumSteps.toLocaleString('en')} steps, found ${totalSteps.toLocaleString('en')}. Choose a shorter run.`,
    )
  const evaluateEvery =
    config.evaluateEvery || Math.max(1, Math.min(stepsPerEpoch, Math.ceil(totalSteps / 10)))
  const values = image.height * image.width * image.channels
  return {
    config,
    image,
    values,
    data: prepared(config, data),
    stepsPerEpoch,
    totalSteps,
    evaluateEvery,
    frameSteps: frameSteps(totalSteps, config.frames),
  }
}

/** Rows of the data set that the steps first .. first+count-1 (from 1) see: count x B indices. */
export function batchIndices(
  plan: TrainingPlan,
  first: number,
  count: number,
  orders: EpochOrders,
): Int32Array {
  const B = plan.config.batchSize
  const indices = new Int32Array(count * B)
  for (let i = 0; i < count; i++) {
    const step = first - 1 + i
    const start = (step % plan.stepsPerEpoch) * B
    indices.set(
      orders.order(Math.floor(step / plan.stepsPerEpoch)).subarray(start, start + B),
      i * B,
    )
  }
  return indices
}

/**
 * The shuffled order of each epoch, the last one kept since the next steps will ask for it again.
 */
export class EpochOrders {
  private epoch = -1
  private current: Int32Array = new Int32Array(0)
  private readonly seed: number
  private readonly count: number
  constructor(seed: number, count: number) {
    this.seed = seed
    this.count = count
  }
  order(epoch: number): Int32Array {
    if (epoch !== this.epoch) {
      this.current = permutation(this.seed, epoch, this.count)
      this.epoch = epoch
    }
    return this.current
  }
}

/**
 * Binarises beforehand where the configuration says so: grey 0..255 -> 0 or 255; otherwise the data
 * as they are.
 */
export function prepared(config: RunConfig, data: ImageSet): ImageSet {
  if (config.binarisation === 'threshold')
    return { ...data, images: data.images.map((grey) => (grey >= 128 ? 255 : 0)) }
  if (config.binarisation === 'fixed')
    return { ...data, images: drawnOnce(config.seed, data.images) }
  return data
}

/** Each pixel once 255 with probability grey / 255, else 0; the same for the same seed. */
export function drawnOnce(seed: number, images: Uint8Array): Uint8Array {
  return drawnBetween(seed, images, 0, images.length)
}

/** The values first .. last-1 of drawnOnce, without drawing the others. */
export function drawnBetween(
  seed: number,
  images: Uint8Array,
  first: number,
  last: number,
): Uint8Array {
  const drawn = new Uint8Array(last - first)
  const block = 1 << 16
  for (let start = first - (first % block); start < last; start += block) {
    const words = stepWords(seed, 'fixedPixels', start / block, Math.min(block, last - start))
    // word / 2^32 < grey / 255, without rounding
    for (let i = Math.max(0, first - start); i < words.length; i++)
      drawn[start + i - first] = words[i]! * 255 < images[start + i]! * 2 ** 32 ? 255 : 0
  }
  return drawn
}

function frameSteps(totalSteps: number, frames: number): number[] {
  if (frames === 0) return []
  const steps = new Set([0, totalSteps])
  for (let i = 0; i < frames; i++)
    steps.add(Math.round(totalSteps ** (i / Math.max(1, frames - 1))))
  return [...steps].sort((a, b) => a - b)
}

function problem(key: string, message: string): StudioError {
  return new StudioError('bad-config', message, { problems: [{ key, message }] })
}
