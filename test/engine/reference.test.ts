// The engine against PyTorch in float64 (small-vae.json) and TensorFlow (conv-vae.json,
// philox.json).
import { beforeAll, describe, expect, test } from 'vitest'
import * as tf from '../../main/engine/tf.ts'
import { objectiveOf, importanceNll, squaredErrorPerImage } from '../../main/engine/losses.ts'
import { logWeights } from '../../main/engine/evaluation.ts'
import { VariationalAutoencoder, type Tensors } from '../../main/engine/model.ts'
import { optimize } from '../../main/engine/optimizers.ts'
import { slotShapes } from '../../main/engine/slots.ts'
import { philoxWords } from '../../main/engine/random.ts'
import { scalarsAt, splitScalars } from '../../main/engine/schedules.ts'
import { gradientsOf } from '../../main/engine/trainingStep.ts'
import { toTensors } from '../../main/engine/modelState.ts'
import { configFrom } from '../../preload/contract/config.ts'
import { testBackend } from '../kit/backend.ts'
import {
  byName,
  expectClose,
  flatten,
  reference,
  shapeOf,
  type Nested,
  type NestedTree,
} from '../kit/reference.ts'
import { image, lossSettings, smallConfig, smallParameters, smallVae, tensor2 } from './smallvae.ts'

beforeAll(async () => void (await testBackend()))

function lossAndGradients(loss: string, parameters: Tensors) {
  const config = smallConfig(loss)
  return gradientsOf(parameters, (variables) => {
    const { reconstruction, kl } = new VariationalAutoencoder(config, image, variables).elbo(
      tensor2(smallVae.x),
      tensor2(smallVae.eps),
    )
    return objectiveOf(config, reconstruction, kl, tf.tensor1d([config.beta]))
  })
}

describe('forward values of the small VAE', () => {
  test('posterior, sample, logits, probabilities and losses of each image', () => {
    const { forward } = smallVae
    const model = new VariationalAutoencoder(
      smallConfig('bernoulli_negative_elbo'),
      image,
      toTensors(smallParameters()),
    )
    const posterior = model.encode(tensor2(smallVae.x))
    const z = model.sample(posterior, tensor2(smallVae.eps))
    expectClose(posterior.mean.dataSync(), forward['mu']!, 1e-5, 1e-6, 'mu')
    expectClose(posterior.logVariance.dataSync(), forward['logvar']!, 1e-5, 1e-6, 'logvar')
    expectClose(z.dataSync(), forward['z']!, 1e-5, 1e-6, 'z')
    expectClose(model.decode(z).dataSync(), forward['logits']!, 1e-5, 1e-6, 'logits')
    expectClose(model.pixels(z).dataSync(), forward['probabilities']!, 1e-5, 1e-6, 'probabilities')
    const { reconstruction, kl } = model.elbo(tensor2(smallVae.x), tensor2(smallVae.eps))
    expectClose(kl.dataSync(), forward['kl_per_dimension']!, 1e-5, 1e-6, 'kl per dimension')
    expectClose(tf.sum(kl, 1).dataSync(), forward['kl_per_image']!, 1e-5, 1e-6, 'kl per image')
    expectClose(reconstruction.dataSync(), forward['bernoulli_per_image']!, 1e-5, 1e-6, 'Bernoulli')
    const gaussian = new VariationalAutoencoder(
      smallConfig('gaussian_negative_elbo'),
      image,
      model.parameters,
    ).elbo(tensor2(smallVae.x), tensor2(smallVae.eps))
    expectClose(
      gaussian.reconstruction.dataSync(),
      forward['gaussian_per_image']!,
      1e-5,
      1e-6,
      'Gaussian',
    )
    expectClose(
      tf.sum(squaredErrorPerImage(tensor2(smallVae.x), model.decode(z))).dataSync(),
      forward['seed_reconstruction']!,
      1e-5,
      1e-6,
      'squared error over the batch',
    )
  })

  test('log importance weights and the importance-weighted bound', () => {
    const { K, B } = smallVae.sizes
    const model = new VariationalAutoencoder(
      smallConfig('bernoulli_negative_elbo'),
      image,
      toTensors(smallParameters()),
    )
    const noise = tf.transpose(
      tf.tensor3d(flatten(smallVae.eps_k), shapeOf(smallVae.eps_k) as [number, number, number]),
      [1, 0, 2],
    ) as tf.Tensor3D // [B, K, Z]
    const weights = logWeights(model, tensor2(smallVae.x), noise)
    expect(weights.shape).toEqual([B, K])
    expectClose(
      tf.transpose(weights).dataSync(),
      smallVae.forward['log_weights_k']!,
      1e-5,
      1e-5,
      'log weights',
    )
    expectClose(
      tf.mean(importanceNll(weights)).dataSync(),
      smallVae.losses['iwae_k3_bernoulli']!,
      1e-5,
      1e-6,
      'bound',
    )
  })
})

describe.each(Object.keys(lossSettings))('%s', (loss) => {
  test('value and gradients', () => {
    const { terms, gradients } = lossAndGradients(loss, toTensors(smallParameters()))
    expectClose(terms.objective.dataSync(), smallVae.losses[loss]!, 1e-5, 0, 'loss')
    for (const [name, expected] of Object.entries(byName(smallVae.gradients[loss]!)))
      expectClose(gradients[name]!.dataSync(), expected, 1e-4, 1e-6, name)
  })
})

describe.each(Object.keys(smallVae.adam))('Adam on %s', (loss) => {
  test('losses before each step and parameters after the last', () => {
    const adam = smallVae.adam[loss]!
    const config = {
      ...smallConfig(loss),
      learningRate: adam.lr,
      beta1: adam.beta1,
      beta2: adam.beta2,
      epsilon: adam.epsilon,
    }
    const shapes = slotShapes(
      config,
      new Map(Object.entries(smallParameters()).map(([name, { shape }]) => [name, shape])),
    )
    let state = {
      parameters: toTensors(smallParameters()),
      slots: Object.fromEntries(
        [...shapes].map(([name, shape]) => [name, tf.zeros(shape) as tf.Tensor]),
      ),
    }
    for (let t = 1; t <= adam.steps; t++) {
      const { terms, gradients } = lossAndGradients(loss, state.parameters)
      expectClose(
        terms.objective.dataSync(),
        adam.loss_before_each_step[t - 1]!,
        1e-5,
        0,
        `loss before step ${t}`,
      )
      state = optimize(
        config,
        state,
        gradients,
        splitScalars(tf.tensor1d(scalarsAt(config, t, adam.steps))),
      )
    }
    for (const [name, expected] of Object.entries(byName(adam.parameters_after)))
      expectClose(state.parameters[name]!.dataSync(), expected, 1e-4, 1e-6, name)
  })
})

describe('convolutional VAE', () => {
  interface ConvVae {
    sizes: { B: number; S: number; C1: number; C2: number; Z: number }
    x: Nested
    eps: Nested
    parameters: NestedTree
    forward: Record<string, Nested>
    loss: number
    gradients: NestedTree
  }
  const conv = reference<ConvVae>('conv-vae')
  const { B, S, C1, C2, Z } = conv.sizes

  test('forward values, loss and gradients', () => {
    const config = configFrom(null, {
      network: 'conv',
      encoderFilters: [C1, C2],
      encoderLayers: [],
      decoderLayers: [],
      decoderFilters: [C1],
      latentSize: Z,
      activation: 'relu',
      likelihood: 'bernoulli',
      binarisation: 'grey',
      batchSize: B,
    })
    const shape = { height: S, width: S, channels: 1 }
    const parameters = toTensors(
      Object.fromEntries(
        Object.entries(byName(conv.parameters)).map(([name, values]) => [
          name,
          { shape: shapeOf(values), values: Float32Array.from(flatten(values)) },
        ]),
      ),
    )
    const x = tf.tensor2d(flatten(conv.x), [B, S * S])
    const model = new VariationalAutoencoder(config, shape, parameters)
    const posterior = model.encode(x)
    expectClose(posterior.mean.dataSync(), conv.forward['mu']!, 1e-5, 1e-6, 'mu')
    expectClose(posterior.logVariance.dataSync(), conv.forward['logvar']!, 1e-5, 1e-6, 'logvar')
    expectClose(
      model.decode(model.sample(posterior, tensor2(conv.eps))).dataSync(),
      conv.forward['logits']!,
      1e-5,
      1e-6,
      'logits',
    )
    const { terms, gradients } = gradientsOf(parameters, (variables) => {
      const { reconstruction, kl } = new VariationalAutoencoder(config, shape, variables).elbo(
        x,
        tensor2(conv.eps),
      )
      return objectiveOf(config, reconstruction, kl, tf.tensor1d([1]))
    })
    expectClose(terms.objective.dataSync(), conv.loss, 1e-5, 0, 'loss')
    for (const [name, expected] of Object.entries(byName(conv.gradients)))
      expectClose(gradients[name]!.dataSync(), expected, 1e-4, 1e-6, name)
  })
})

test('Philox words', () => {
  const { cases } = reference<{
    cases: { key: [number, number]; counter: [number, number, number, number]; words: number[] }[]
  }>('philox')
  expect(cases.length).toBeGreaterThan(0)
  for (const { key, counter, words } of cases)
    expect([...philoxWords(key, counter, words.length)]).toEqual(words)
})
