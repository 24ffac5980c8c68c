// Codes: the posteriors of the first images of a split under one model, encoded once and kept, so
// that a cursor that moves does not encode thousands of images at each move. What is kept is
// bounded in bytes, the least recently used goes first.
import type { CodesChoice } from '../../../preload/contract/analysis.ts'
import type { Dataset } from '../../datasets/index.ts'
import { aggregateOf, type Aggregate } from '../../engine/aggregate.ts'
import { greyFloats } from '../../engine/grey.ts'
import { evaluationTargets } from '../../engine/evaluation.ts'
import { encodeImages } from '../../engine/latentQueries.ts'
import type { VariationalAutoencoder } from '../../engine/model.ts'

export interface Codes {
  /** Step of the weights that encoded them. */
  step: number
  split: CodesChoice['split']
  count: number
  latentSize: number
  /** count x Z row-major; each posterior's mean and logarithm of its variance. */
  mean: Float32Array
  logVariance: Float32Array
  /** Null for data without labels. */
  labels: Uint8Array | null
  aggregate: Aggregate
  /** Spent on encoding, without the breaths in between. */
  milliseconds: number
  /**
   * Asked for once, then kept as long as the codes: whatever else takes long and follows from them
   * alone.
   */
  derived: Map<string, Promise<unknown>>
}

const MOST_BYTES = 256 * 2 ** 20
/** Codes of a model in training are used for so long before new ones are made, milliseconds... */
const YOUNG_MILLISECONDS = 2000
/** ... or so many times as long as making them held training up, whichever is longer. */
const SHARE = 10
const MOST_DERIVED = 32
/** Images encoded between two breaths. */
const STRETCH = 1000

interface Kept {
  codes: Promise<Codes>
  step: number
  bytes: number
  madeAt: number
  milliseconds: number
}

export class KeptCodes {
  private readonly kept = new Map<string, Kept>() // least recently used first

  /** `exact`: those of this step's weights, otherwise young ones of an earlier step will do. */
  get(
    key: string,
    step: number,
    exact: boolean,
    bytes: number,
    make: () => Promise<Codes>,
  ): Promise<Codes> {
    const found = this.kept.get(key)
    if (found && (found.step === step || (!exact && isYoung(found)))) {
      this.kept.delete(key)
      this.kept.set(key, found)
      return found.codes
    }
    const entry: Kept = { codes: make(), step, bytes, madeAt: performance.now(), milliseconds: 0 }
    this.kept.delete(key)
    this.kept.set(key, entry)
    entry.codes.then(
      ({ milliseconds }) => {
        entry.madeAt = performance.now()
        entry.milliseconds = milliseconds
      },
      () => this.kept.get(key) === entry && this.kept.delete(key),
    )
    this.shrink()
    return entry.codes
  }

  // The newest stays whatever its size.
  private shrink(): void {
    let total = [...this.kept.values()].reduce((sum, { bytes }) => sum + bytes, 0)
    for (const [key, { bytes }] of this.kept) {
      if (total <= MOST_BYTES || this.kept.size === 1) return
      this.kept.delete(key)
      total -= bytes
    }
  }
}

const isYoung = ({ madeAt, milliseconds }: Kept) =>
  performance.now() - madeAt < Math.max(YOUNG_MILLISECONDS, SHARE * milliseconds)

/** How many images a choice means: at most those that the split has. */
export const chosenCount = (choice: CodesChoice, dataset: Dataset) =>
  Math.min(choice.images, dataset.split(choice.split).count)

/**
 * Bytes of N codes as they are kept here: mean and log variance float32, inverse variance and
 * constants float64.
 */
export const codesBytes = (count: number, latentSize: number) => count * (latentSize * 16 + 9)

/**
 * grey: the images as they are. evaluated: as an evaluation shows them to the model, binarised
 * where the run binarises.
 */
export type Pixels = 'grey' | 'evaluated'

/** The first images of the split, encoded a thousand at a time; `breathe` is awaited in between. */
export async function encodeCodes(
  model: VariationalAutoencoder,
  step: number,
  dataset: Dataset,
  choice: CodesChoice,
  shown: Pixels,
  breathe: () => Promise<void>,
): Promise<Codes> {
  const { images: grey, labels } = dataset.split(choice.split)
  const Z = model.config.latentSize
  const D = model.image.height * model.image.width * model.image.channels
  const count = chosenCount(choice, dataset)
  const first = { images: grey.subarray(0, count * D), count }
  const images = shown === 'grey' ? first.images : evaluationTargets(model.config, first).images
  const mean = new Float32Array(count * Z)
  const logVariance = new Float32Array(count * Z)
  let milliseconds = 0
  for (let first = 0; first < count; first += STRETCH) {
    const begun = performance.now()
    const n = Math.min(STRETCH, count - first)
    const posteriors = encodeImages(
      model,
      greyFloats(images.subarray(first * D, (first + n) * D)),
      n,
    ) // n x [mean | log variance]
    for (let i = 0; i < n; i++) {
      mean.set(posteriors.subarray(i * 2 * Z, i * 2 * Z + Z), (first + i) * Z)
      logVariance.set(posteriors.subarray(i * 2 * Z + Z, (i + 1) * 2 * Z), (first + i) * Z)
    }
    milliseconds += performance.now() - begun
    await breathe()
  }
  return {
    step,
    split: choice.split,
    count,
    latentSize: Z,
    mean,
    logVariance,
    labels: labels.length > 0 ? labels.subarray(0, count) : null,
    aggregate: aggregateOf(mean, logVariance, Z),
    milliseconds,
    derived: new Map(),
  }
}

/**
 * A value that follows from codes alone: computed by the first who asks; after a failure the next
 * one tries again.
 */
export function derived<T>(codes: Codes, name: string, compute: () => Promise<T>): Promise<T> {
  const known = codes.derived.get(name) as Promise<T> | undefined
  if (known) return known
  const value = compute()
  codes.derived.set(name, value)
  if (codes.derived.size > MOST_DERIVED) codes.derived.delete(codes.derived.keys().next().value!)
  value.catch(() => codes.derived.delete(name))
  return value
}
