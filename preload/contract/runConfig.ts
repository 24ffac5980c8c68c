// What a run can be set to: its configuration as a type, and what describes one setting (the table is settings.ts).

export const activations = ['softplus', 'relu', 'tanh'] as const
export const likelihoods = ['bernoulli', 'gaussian', 'gaussian-learned', 'squared'] as const
export const objectives = ['elbo', 'tutorial'] as const
export const binarisations = ['grey', 'dynamic', 'fixed', 'threshold'] as const
export const optimizers = ['adam', 'adamw', 'sgd'] as const
export const rungs = ['cuda', 'tensorflow', 'wasm', 'js'] as const
export const modes = ['eager', 'graph-step', 'xla-step', 'graph-loop', 'xla-loop'] as const

export type Rung = (typeof rungs)[number]
export type Mode = (typeof modes)[number]

/** Steps of one run at most, however its length is counted. */
export const maximumSteps = 100_000_000

export interface RunConfig {
  model: 'vae'
  dataset: string
  network: 'dense' | 'conv'
  /** Sizes of the encoder's dense hidden layers, input side first; may be empty (linear VAE). */
  encoderLayers: number[]
  decoderLayers: number[]
  /** conv only: filters of the 3x3 stride-2 convolutions, and of the transposed ones before the output layer. */
  encoderFilters: number[]
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
  /** One sentence for the form's hint, the command line's help and the documentation. */
  help: string
  unit?: string
  /** Hidden under "More" in the form. */
  advanced?: boolean
  /** Shown only while another setting has one of these values. */
  when?: { key: keyof RunConfig; is: readonly string[] }
}
export type Setting = Common &
  (
    | { kind: 'integer'; default: number; min: number; max: number }
    | { kind: 'number'; default: number; min: number; max: number; exclusiveMin?: boolean }
    | { kind: 'choice'; default: string; choices: readonly { value: string; label: string }[] }
    | { kind: 'sizes'; default: readonly number[]; min: number; max: number; maxLength: number }
    | { kind: 'text'; default: string; maxLength: number }
  )

export const choices = (...pairs: [value: string, label: string][]) => pairs.map(([value, label]) => ({ value, label }))
