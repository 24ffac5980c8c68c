// A run's configuration as a type, and what describes one setting. The table of settings is in
// settings.ts.

export const activations = ['softplus', 'relu', 'tanh'] as const
export const likelihoods = ['bernoulli', 'gaussian', 'gaussian-learned', 'squared'] as const
export const objectives = ['elbo', 'tutorial'] as const
export const binarisations = ['grey', 'dynamic', 'fixed', 'threshold'] as const
export const optimizers = ['adam', 'adamw', 'sgd'] as const
export const rungs = ['cuda', 'tensorflow', 'wasm', 'js'] as const
export const modes = ['eager', 'graph-step', 'xla-step', 'graph-loop', 'xla-loop'] as const

export type Rung = (typeof rungs)[number]
export type Mode = (typeof modes)[number]

/** The most steps that a run can have, whether its length is given in steps or in epochs. */
export const maximumSteps = 100_000_000

export interface RunConfig {
  model: 'vae'
  dataset: string
  network: 'dense' | 'conv'
  /** Sizes of the encoder's dense hidden layers, image side first. Empty for a linear encoder. */
  encoderLayers: number[]
  decoderLayers: number[]
  /** Convolutional networks only: filters of the 3x3, stride-2 convolutions. */
  encoderFilters: number[]
  /**
   * Convolutional networks only: filters of the transposed convolutions before the output layer.
   */
  decoderFilters: number[]
  activation: (typeof activations)[number]
  latentSize: number
  objective: (typeof objectives)[number]
  likelihood: (typeof likelihoods)[number]
  noiseVariance: number
  binarisation: (typeof binarisations)[number]
  beta: number
  betaWarmup: number
  freeBits: number
  optimizer: (typeof optimizers)[number]
  learningRate: number
  rateSchedule: 'constant' | 'cosine'
  rateWarmup: number
  beta1: number
  beta2: number
  epsilon: number
  momentum: number
  weightDecay: number
  batchSize: number
  length: number
  lengthUnit: 'steps' | 'epochs'
  seed: number
  patience: number
  evaluateEvery: number
  frames: number
  backend: 'auto' | Rung
  mode: 'auto' | Mode
  threads: number
}

export type SettingGroup = 'data' | 'network' | 'loss' | 'optimizer' | 'length' | 'machine'

interface Common {
  label: string
  group: SettingGroup
  /** What it is, in a sentence or two: for the form and the command line's help. */
  help: string
  /** What a change does to the pictures or to training, in a sentence or two. */
  effect?: string
  unit?: string
  /** Shown in the form only with "More settings". */
  advanced?: boolean
  /** Applies only while another setting has one of these values. */
  when?: { key: keyof RunConfig; is: readonly string[] }
}
interface Usual {
  /** Lowest and highest value that usually work well. */
  usual?: readonly [number, number]
}
export type Setting = Common &
  (
    | ({ kind: 'integer'; default: number; min: number; max: number } & Usual)
    | ({
        kind: 'number'
        default: number
        min: number
        max: number
        exclusiveMin?: boolean
      } & Usual)
    | { kind: 'choice'; default: string; choices: readonly { value: string; label: string }[] }
    | { kind: 'sizes'; default: readonly number[]; min: number; max: number; maxLength: number }
    | { kind: 'text'; default: string; maxLength: number }
  )

export const choices = (...pairs: [value: string, label: string][]) =>
  pairs.map(([value, label]) => ({ value, label }))
