// Models to export without training: every weight and bias drawn, so that a forgotten bias or a
// swapped axis shows; and the engine's own answers to hold the exports against.
import { createHash } from 'node:crypto'
import { mnist } from '../../main/datasets/mnist.ts'
import { encodeCheckpoint } from '../../main/engine/checkpoint.ts'
import { decodePoints, encodeImages } from '../../main/engine/latentQueries.ts'
import { VariationalAutoencoder } from '../../main/engine/model.ts'
import { stepWords, uniform24 } from '../../main/engine/random.ts'
import { freshProgress } from '../../main/engine/train.ts'
import { initialState, toTensors } from '../../main/engine/modelState.ts'
import * as tf from '../../main/engine/tf.ts'
import {
  modelOf,
  type ExportedModel,
  type ExportSource,
} from '../../main/exporters/exportedModel.ts'
import { configFrom } from '../../preload/contract/config.ts'
import type { ExportPart } from '../../preload/contract/exports.ts'
import type { ImageShape } from '../../preload/contract/parameters.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'
import { sampleRun } from '../store/sample-run.ts'

export interface Case {
  config: RunConfig
  image: ImageShape
}

const digits = { height: 28, width: 28, channels: 1 }

/**
 * Dense and convolutional on digits; and sides that are odd, colours, three convolutions: every way
 * to pad.
 */
export const cases: Record<string, Case> = {
  dense: {
    config: configFrom('tutorial', { encoderLayers: [30, 12], decoderLayers: [12, 30] }),
    image: digits,
  },
  linear: {
    config: configFrom(null, { encoderLayers: [], decoderLayers: [], latentSize: 3 }),
    image: digits,
  },
  convolutional: {
    config: configFrom('keras-conv', { encoderFilters: [4, 6], decoderFilters: [6, 5] }),
    image: digits,
  },
  'odd sides, colours, stride-2 output': {
    config: configFrom(null, {
      network: 'conv',
      encoderFilters: [4, 5, 6],
      encoderLayers: [7, 6],
      decoderLayers: [9],
      decoderFilters: [5, 4],
      activation: 'tanh',
      likelihood: 'gaussian-learned',
      latentSize: 4,
    }),
    image: { height: 11, width: 14, channels: 3 },
  },
}

export const checkpointStep = 40

/** A whole checkpoint file of drawn weights, with optimizer state beside them. */
export function checkpointBytes({ config, image }: Case): Uint8Array {
  const state = initialState(config, image)
  let index = 0
  for (const [name, array] of Object.entries(state.parameters))
    if (!name.endsWith('.weight'))
      array.values = uniform24(5, 'weights', 1000 + index++, array.values.length).map(
        (u) => u - 0.5,
      )
  const machine = {
    datasetHash: 'ab',
    backend: 'js',
    backendVersion: '',
    mode: 'eager',
    threads: 1,
    programVersion: '1',
  } as const
  const progress = { ...freshProgress(), step: checkpointStep }
  return encodeCheckpoint(
    { format: 'latent-studio-checkpoint', version: 1, config, progress, ...machine },
    state,
  )
}

export function sourceOf({ image }: Case, bytes: Uint8Array, name = 'a run'): ExportSource {
  return {
    file: 'nowhere',
    sha256: createHash('sha256').update(bytes).digest('hex'),
    step: checkpointStep,
    run: sampleRun({ name }),
    dataset: { ...mnist, ...image },
    validation: {
      step: checkpointStep,
      reconstruction: 120.25,
      kl: 4.5,
      total: 124.75,
      klPerDimension: [4, 0.5],
    },
    programVersion: '0.0.1',
  }
}

export function exported(which: Case, part: ExportPart, name?: string): ExportedModel {
  const bytes = checkpointBytes(which)
  return modelOf(bytes, sourceOf(which, bytes, name), part)
}

/** count x pixels of any values, the same each time. */
export function drawnImages({ image }: Case, count: number): Float32Array {
  const size = image.height * image.width * image.channels
  return Float32Array.from(
    stepWords(3, 'fixedPixels', 0, count * size),
    (word) => (word >>> 24) / 255,
  )
}

export interface Answers {
  /** count x Z each; codes are mu. */
  mu: Float32Array
  logvar: Float32Array
  /** count x pixels, decoded from mu. */
  pixels: Float32Array
}

/** What the engine itself computes, on the active backend. */
export function engineAnswers(model: ExportedModel, x: Float32Array): Answers {
  const count = x.length / model.pixels
  const Z = model.config.latentSize
  const parameters = toTensors(model.parameters)
  const network = new VariationalAutoencoder(model.config, model.image, parameters)
  const codes = encodeImages(network, x, count) // count x [mu | logvar]
  const [mu, logvar] = [new Float32Array(count * Z), new Float32Array(count * Z)]
  for (let i = 0; i < count; i++) {
    mu.set(codes.subarray(2 * i * Z, (2 * i + 1) * Z), i * Z)
    logvar.set(codes.subarray((2 * i + 1) * Z, (2 * i + 2) * Z), i * Z)
  }
  const pixels = decodePoints(network, mu, count)
  tf.dispose(parameters)
  return { mu, logvar, pixels }
}

/**
 * Largest excess of |found - expected| over 1e-5 relative + 1e-5 absolute (codes), or over 1e-5
 * (pixels); above 0 is too much.
 */
export function excess(
  found: ArrayLike<number>,
  expected: Float32Array,
  kind: 'code' | 'pixel',
): number {
  if (found.length !== expected.length) return Infinity
  let worst = -Infinity
  for (let i = 0; i < expected.length; i++) {
    const allowed = 1e-5 + (kind === 'code' ? 1e-5 * Math.abs(expected[i]!) : 0)
    const over = Math.abs(found[i]! - expected[i]!) - allowed
    if (!(over <= worst)) worst = over // a NaN is the worst
  }
  return Number.isNaN(worst) ? Infinity : worst
}
