// What is timed: the works, each a run's configuration, and how the peers' scripts are told about
// them.
import { configFrom } from '../../preload/contract/config.ts'
import type { PresetName } from '../../preload/contract/presets.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'

export const workNames = ['tfjs-example', 'tutorial', 'elbo-2d', 'wide-40', 'keras-conv'] as const
export type WorkName = (typeof workNames)[number]

export interface Work {
  name: WorkName
  title: string
  config: RunConfig
  /** Steps of one block; every contestant takes as many, so that their losses can be compared. */
  blockSteps: number
  /** Steps between two readings of the loss. */
  readEvery: number
}

const wide = {
  encoderLayers: [400],
  decoderLayers: [400],
  latentSize: 20,
  activation: 'relu',
  binarisation: 'dynamic',
  batchSize: 100,
}

const described: Record<
  WorkName,
  {
    title: string
    preset: PresetName | null
    changes: Record<string, unknown>
    blockSteps: number
    readEvery: number
  }
> = {
  'tfjs-example': {
    title: '784-512-2, batch 128',
    preset: 'tfjs-example',
    changes: {},
    blockSteps: 100,
    readEvery: 100,
  },
  tutorial: {
    title: "tutorial's net, 784-100-50-2, batch 16",
    preset: 'tutorial',
    changes: {},
    blockSteps: 800,
    readEvery: 100,
  },
  'elbo-2d': {
    title: '784-256-128-2, batch 64',
    preset: 'elbo-2d',
    changes: {},
    blockSteps: 200,
    readEvery: 100,
  },
  'wide-40': {
    title: '784-400-40, batch 100',
    preset: null,
    changes: wide,
    blockSteps: 100,
    readEvery: 100,
  },
  'keras-conv': {
    title: 'convolutions 32, 64, batch 128',
    preset: 'keras-conv',
    changes: {},
    blockSteps: 20,
    readEvery: 20,
  },
}

export function workNamed(name: WorkName): Work {
  const { preset, changes, ...rest } = described[name]
  return { name, ...rest, config: configFrom(preset, changes) }
}

/** The description that apps/bench/peers/work.py reads. */
export function peerSpec(work: Work, images: string, count: number): Record<string, unknown> {
  const { config } = work
  return {
    images,
    count,
    network: config.network,
    encoder: config.encoderLayers,
    decoder: config.decoderLayers,
    filters: { encoder: config.encoderFilters, decoder: config.decoderFilters },
    latent: config.latentSize,
    activation: config.activation,
    objective: config.objective,
    dynamic: config.binarisation === 'dynamic',
    batch: config.batchSize,
    rate: config.learningRate,
    chunk: work.readEvery,
  }
}
