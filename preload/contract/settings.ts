// Every setting of a run, described once as data: the form, the command line's flags, validation and the
// documentation are all made from this table (checked by config.ts).
export const activations = ['softplus', 'relu', 'tanh'] as const
export const likelihoods = ['bernoulli', 'gaussian', 'gaussian-learned', 'squared'] as const
export const objectives = ['elbo', 'tutorial'] as const
export const binarisations = ['grey', 'dynamic', 'fixed', 'threshold'] as const
export const optimizers = ['adam', 'adamw', 'sgd'] as const
export const rungs = ['cuda', 'tensorflow', 'wasm', 'js'] as const
export const modes = ['eager', 'graph-step', 'xla-step', 'graph-loop', 'xla-loop'] as const

export type Rung = (typeof rungs)[number]
export type Mode = (typeof modes)[number]

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

const choices = (...pairs: [value: string, label: string][]) => pairs.map(([value, label]) => ({ value, label }))
const dense = { key: 'objective', is: ['elbo'] } as const
const conv = { key: 'network', is: ['conv'] } as const

export const settings: { readonly [K in keyof RunConfig]: Setting } = {
  model: {
    kind: 'choice',
    label: 'Model',
    group: 'network',
    default: 'vae',
    advanced: true,
    choices: choices(['vae', 'Variational autoencoder']),
    help: 'The kind of model that is trained.',
  },
  dataset: {
    kind: 'text',
    label: 'Data set',
    group: 'data',
    default: 'mnist',
    maxLength: 64,
    help: 'Name of the data set; `latent datasets` lists them.',
  },
  binarisation: {
    kind: 'choice',
    label: 'Pixels',
    group: 'data',
    default: 'dynamic',
    choices: choices(
      ['grey', 'grey values'],
      ['dynamic', 'binary, redrawn each batch'],
      ['fixed', 'binary, drawn once'],
      ['threshold', 'binary, at one half'],
    ),
    help: 'How grey values become targets. Losses under different choices are not comparable; cross-entropy on grey values is not a likelihood.',
  },
  network: {
    kind: 'choice',
    label: 'Network',
    group: 'network',
    default: 'dense',
    choices: choices(['dense', 'dense'], ['conv', 'convolutional']),
    help: 'Dense layers only, or 3x3 convolutions before them.',
  },
  encoderFilters: {
    kind: 'sizes',
    label: 'Encoder filters',
    group: 'network',
    default: [32, 64],
    min: 1,
    max: 1024,
    maxLength: 5,
    when: conv,
    help: 'Filters of the 3x3, stride-2 convolutions, image side first.',
  },
  encoderLayers: {
    kind: 'sizes',
    label: 'Encoder layers',
    group: 'network',
    default: [100, 50],
    min: 1,
    max: 65536,
    maxLength: 16,
    help: 'Sizes of the dense hidden layers between image and latent; empty makes a linear encoder.',
  },
  latentSize: {
    kind: 'integer',
    label: 'Latent size',
    group: 'network',
    default: 2,
    min: 1,
    max: 1024,
    help: 'Number of latent dimensions; 2 can be drawn as a plane.',
  },
  decoderLayers: {
    kind: 'sizes',
    label: 'Decoder layers',
    group: 'network',
    default: [50, 100],
    min: 1,
    max: 65536,
    maxLength: 16,
    help: 'Sizes of the dense hidden layers between latent and image; empty makes a linear decoder.',
  },
  decoderFilters: {
    kind: 'sizes',
    label: 'Decoder filters',
    group: 'network',
    default: [64, 32],
    min: 1,
    max: 1024,
    maxLength: 5,
    when: conv,
    help: 'Filters of the 3x3, stride-2 transposed convolutions before the output layer; as many as the encoder has, or one less.',
  },
  activation: {
    kind: 'choice',
    label: 'Activation',
    group: 'network',
    default: 'softplus',
    choices: choices(['softplus', 'softplus'], ['relu', 'ReLU'], ['tanh', 'tanh']),
    help: 'Non-linearity of the hidden layers.',
  },
  objective: {
    kind: 'choice',
    label: 'Objective',
    group: 'loss',
    default: 'elbo',
    choices: choices(
      ['elbo', 'negative ELBO (mean over images)'],
      ['tutorial', "tutorial's loss (squared error summed over the batch + mean KL)"],
    ),
    help: "The tutorial's loss weighs KL by one over the batch size; it is kept as it is and named so.",
  },
  likelihood: {
    kind: 'choice',
    label: 'Likelihood',
    group: 'loss',
    default: 'bernoulli',
    choices: choices(
      ['bernoulli', 'Bernoulli (from logits)'],
      ['gaussian', 'Gaussian, fixed variance'],
      ['gaussian-learned', 'Gaussian, learned variance'],
      ['squared', 'squared error (no constant)'],
    ),
    help: 'Distribution of a pixel given the latent; it names the reconstruction term.',
  },
  noiseVariance: {
    kind: 'number',
    label: 'Noise variance',
    group: 'loss',
    default: 0.25,
    min: 0,
    exclusiveMin: true,
    max: 1e6,
    when: { key: 'likelihood', is: ['gaussian'] },
    help: 'Variance of the Gaussian likelihood, in squared grey units (image range 0 to 1).',
  },
  beta: {
    kind: 'number',
    label: 'Beta',
    group: 'loss',
    default: 1,
    min: 0,
    max: 1e4,
    when: dense,
    help: 'Weight of KL in the objective; 1 is the ELBO.',
  },
  betaWarmup: {
    kind: 'integer',
    label: 'KL warm-up',
    group: 'loss',
    unit: 'steps',
    default: 0,
    min: 0,
    max: 1e8,
    advanced: true,
    when: dense,
    help: 'Steps over which beta rises from 0 to its value.',
  },
  freeBits: {
    kind: 'number',
    label: 'Free bits',
    group: 'loss',
    unit: 'nats per dimension',
    default: 0,
    min: 0,
    max: 100,
    advanced: true,
    when: dense,
    help: 'Each dimension contributes at least this much KL to the objective; 0 turns it off.',
  },
  optimizer: {
    kind: 'choice',
    label: 'Optimizer',
    group: 'optimizer',
    default: 'adam',
    choices: choices(['adam', 'Adam'], ['adamw', 'AdamW'], ['sgd', 'SGD with momentum']),
    help: 'Rule by which gradients change the weights.',
  },
  learningRate: {
    kind: 'number',
    label: 'Learning rate',
    group: 'optimizer',
    default: 1e-3,
    min: 0,
    exclusiveMin: true,
    max: 10,
    help: 'Step size of the optimizer.',
  },
  rateSchedule: {
    kind: 'choice',
    label: 'Rate schedule',
    group: 'optimizer',
    default: 'constant',
    advanced: true,
    choices: choices(['constant', 'constant'], ['cosine', 'cosine to 0']),
    help: 'How the learning rate changes over the run.',
  },
  rateWarmup: {
    kind: 'integer',
    label: 'Rate warm-up',
    group: 'optimizer',
    unit: 'steps',
    default: 0,
    min: 0,
    max: 1e8,
    advanced: true,
    help: 'Steps over which the learning rate rises linearly from 0.',
  },
  beta1: {
    kind: 'number',
    label: 'Adam beta 1',
    group: 'optimizer',
    default: 0.9,
    min: 0,
    max: 0.999999,
    advanced: true,
    when: { key: 'optimizer', is: ['adam', 'adamw'] },
    help: 'Decay of the first moment.',
  },
  beta2: {
    kind: 'number',
    label: 'Adam beta 2',
    group: 'optimizer',
    default: 0.999,
    min: 0,
    max: 0.9999999,
    advanced: true,
    when: { key: 'optimizer', is: ['adam', 'adamw'] },
    help: 'Decay of the second moment.',
  },
  epsilon: {
    kind: 'number',
    label: 'Adam epsilon',
    group: 'optimizer',
    default: 1e-8,
    min: 0,
    exclusiveMin: true,
    max: 1,
    advanced: true,
    when: { key: 'optimizer', is: ['adam', 'adamw'] },
    help: 'Added to the root of the second moment.',
  },
  momentum: {
    kind: 'number',
    label: 'Momentum',
    group: 'optimizer',
    default: 0.9,
    min: 0,
    max: 0.999999,
    when: { key: 'optimizer', is: ['sgd'] },
    help: 'Decay of the velocity.',
  },
  weightDecay: {
    kind: 'number',
    label: 'Weight decay',
    group: 'optimizer',
    default: 0.01,
    min: 0,
    max: 10,
    when: { key: 'optimizer', is: ['adamw'] },
    help: 'Decoupled decay of weights (not of biases).',
  },
  batchSize: {
    kind: 'integer',
    label: 'Batch size',
    group: 'optimizer',
    unit: 'images',
    default: 64,
    min: 1,
    max: 65536,
    help: 'Images in one step; at most as many as the training split has.',
  },
  length: {
    kind: 'integer',
    label: 'Length',
    group: 'length',
    default: 20,
    min: 1,
    max: 10_000_000,
    help: 'How long to train, in steps or epochs.',
  },
  lengthUnit: {
    kind: 'choice',
    label: 'Counted in',
    group: 'length',
    default: 'epochs',
    choices: choices(['steps', 'steps'], ['epochs', 'epochs']),
    help: 'An epoch sees every whole batch of the training split once.',
  },
  seed: {
    kind: 'integer',
    label: 'Seed',
    group: 'length',
    default: 0,
    min: 0,
    max: 4_294_967_295,
    help: 'Same seed, settings, backend and mode: the same numbers, bit for bit. 0 is a seed.',
  },
  patience: {
    kind: 'integer',
    label: 'Early stopping',
    group: 'length',
    unit: 'evaluations',
    default: 0,
    min: 0,
    max: 1e6,
    advanced: true,
    help: 'Stop after so many evaluations without a better validation value; 0 never stops early.',
  },
  evaluateEvery: {
    kind: 'integer',
    label: 'Evaluate every',
    group: 'length',
    unit: 'steps',
    default: 0,
    min: 0,
    max: 1e8,
    advanced: true,
    help: 'Steps between evaluations on the validation split; 0 evaluates each epoch, at least ten times a run.',
  },
  frames: {
    kind: 'integer',
    label: 'Frames',
    group: 'length',
    default: 50,
    min: 0,
    max: 2000,
    advanced: true,
    help: 'How many pictures of the manifold are kept over the run, spaced logarithmically.',
  },
  backend: {
    kind: 'choice',
    label: 'Backend',
    group: 'machine',
    default: 'auto',
    advanced: true,
    choices: choices(
      ['auto', 'fastest that works'],
      ['cuda', 'CUDA'],
      ['tensorflow', 'TensorFlow (CPU)'],
      ['wasm', 'WebAssembly'],
      ['js', 'JavaScript'],
    ),
    help: 'Which rung computes.',
  },
  mode: {
    kind: 'choice',
    label: 'Mode',
    group: 'machine',
    default: 'auto',
    advanced: true,
    choices: choices(
      ['auto', 'tuned once'],
      ['eager', 'eager'],
      ['graph-step', 'graph, one step a call'],
      ['xla-step', 'XLA, one step a call'],
      ['graph-loop', 'graph, a loop a call'],
      ['xla-loop', 'XLA, a loop a call'],
    ),
    help: 'How a step is executed.',
  },
  threads: {
    kind: 'integer',
    label: 'Threads',
    group: 'machine',
    default: 0,
    min: 0,
    max: 256,
    advanced: true,
    help: 'Threads for one operation; 0 takes all cores.',
  },
}
