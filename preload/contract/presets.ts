// The presets. test/reference/quality.json holds what each one reaches on MNIST in an independent
// implementation.
import type { RunConfig } from './runConfig.ts'

export interface Preset {
  title: string
  about: string
  config: Partial<RunConfig>
}

export const presets = {
  tutorial: {
    title: "The tutorial's VAE",
    about:
      '784-100-50-2, softplus, squared error summed over the batch plus mean KL, 5,000 steps, batches of 16.',
    config: {
      encoderLayers: [100, 50],
      decoderLayers: [50, 100],
      latentSize: 2,
      activation: 'softplus',
      objective: 'tutorial',
      likelihood: 'squared',
      binarisation: 'grey',
      learningRate: 5e-4,
      batchSize: 16,
      length: 5000,
      lengthUnit: 'steps',
    },
  },
  'elbo-2d': {
    title: 'Bernoulli ELBO, 2-D latent',
    about:
      '784-256-128-2, ReLU, negative ELBO on dynamically binarised digits, 20 epochs, batches of 64.',
    config: {
      encoderLayers: [256, 128],
      decoderLayers: [128, 256],
      latentSize: 2,
      activation: 'relu',
      objective: 'elbo',
      likelihood: 'bernoulli',
      binarisation: 'dynamic',
      learningRate: 1e-3,
      batchSize: 64,
      length: 20,
      lengthUnit: 'epochs',
    },
  },
  'tfjs-example': {
    title: 'One wide hidden layer',
    about: '784-512-2, ReLU, the size of the TensorFlow.js example, 10 epochs, batches of 128.',
    config: {
      encoderLayers: [512],
      decoderLayers: [512],
      latentSize: 2,
      activation: 'relu',
      objective: 'elbo',
      likelihood: 'bernoulli',
      binarisation: 'dynamic',
      learningRate: 1e-3,
      batchSize: 128,
      length: 10,
      lengthUnit: 'epochs',
    },
  },
  'keras-conv': {
    title: 'Convolutional VAE',
    about:
      'Convolutions 32, 64 with stride 2, dense 16, 2-D latent, transposed 64, 32: the size of the Keras example, 10 epochs, batches of 128.',
    config: {
      network: 'conv',
      encoderFilters: [32, 64],
      encoderLayers: [16],
      decoderLayers: [],
      decoderFilters: [64, 32],
      latentSize: 2,
      activation: 'relu',
      objective: 'elbo',
      likelihood: 'bernoulli',
      binarisation: 'dynamic',
      learningRate: 1e-3,
      batchSize: 128,
      length: 10,
      lengthUnit: 'epochs',
    },
  },
} as const satisfies Record<string, Preset>

export type PresetName = keyof typeof presets
export const presetNames = Object.keys(presets) as PresetName[]
