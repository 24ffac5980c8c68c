// The small VAE of small-vae.json as a configuration of ours, so that the engine itself computes
// what is compared.
import { configFrom } from '../../preload/contract/config.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'
import * as tf from '../../main/engine/tf.ts'
import type { NamedArrays } from '../../main/engine/modelState.ts'
import {
  byName,
  flatten,
  reference,
  shapeOf,
  type Nested,
  type NestedTree,
} from '../kit/reference.ts'

export interface SmallVae {
  sizes: { B: number; D: number; H1: number; H2: number; Z: number; K: number }
  x: Nested
  eps: Nested
  eps_k: Nested
  parameters: NestedTree
  forward: Record<string, Nested>
  losses: Record<string, number>
  gradients: Record<string, NestedTree>
  adam: Record<
    string,
    {
      lr: number
      beta1: number
      beta2: number
      epsilon: number
      steps: number
      loss_before_each_step: number[]
      parameters_after: NestedTree
    }
  >
}

export const smallVae = reference<SmallVae>('small-vae')
export const image = { height: 1, width: smallVae.sizes.D, channels: 1 }

/** Settings under which the engine computes one of the file's losses. */
export const lossSettings: Record<string, Partial<RunConfig>> = {
  seed_total: { objective: 'tutorial', likelihood: 'squared' },
  bernoulli_negative_elbo: { likelihood: 'bernoulli' },
  gaussian_negative_elbo: { likelihood: 'gaussian', noiseVariance: 0.25 },
  beta4_bernoulli: { likelihood: 'bernoulli', beta: 4 },
  free_bits_half_nat_bernoulli: { likelihood: 'bernoulli', freeBits: 0.5 },
}

export function smallConfig(loss: string): RunConfig {
  const { B, H1, H2, Z } = smallVae.sizes
  return configFrom(null, {
    encoderLayers: [H1, H2],
    decoderLayers: [H2, H1],
    latentSize: Z,
    activation: 'softplus',
    batchSize: B,
    binarisation: 'grey',
    ...lossSettings[loss],
  })
}

export function smallParameters(): NamedArrays {
  return Object.fromEntries(
    Object.entries(byName(smallVae.parameters)).map(([name, values]) => [
      name,
      { shape: shapeOf(values), values: Float32Array.from(flatten(values)) },
    ]),
  )
}

export const tensor2 = (values: Nested): tf.Tensor2D =>
  tf.tensor2d(flatten(values), shapeOf(values) as [number, number])
