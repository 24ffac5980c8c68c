// Small runs for proofs of exactness: a net of a few hundred weights on images made of random
// words, trained by the real loop (engine/train.ts) with surroundings that only keep what it hands
// out.
import {
  decodeCheckpoint,
  encodeCheckpoint,
  type CheckpointMeta,
} from '../../main/engine/checkpoint.ts'
import { fixedChunks } from '../../main/engine/chunks.ts'
import { evaluate, evaluationTargets, type Measured } from '../../main/engine/evaluation.ts'
import { VariationalAutoencoder } from '../../main/engine/model.ts'
import { planRun, type ImageSet, type TrainingPlan } from '../../main/engine/plan.ts'
import { eagerProgram, type TrainingProgram } from '../../main/engine/trainingProgram.ts'
import { stepWords } from '../../main/engine/random.ts'
import * as tf from '../../main/engine/tf.ts'
import {
  freshProgress,
  train,
  type Outcome,
  type Progress,
  type Surroundings,
} from '../../main/engine/train.ts'
import { initialState, type NamedArrays, type TrainingState } from '../../main/engine/modelState.ts'
import { configFrom } from '../../preload/contract/config.ts'
import { presetNames, presets, type PresetName } from '../../preload/contract/presets.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'

export const smallShape = { height: 8, width: 8, channels: 1 }

/** count x 64 grey values, the same for the same seed. */
export function smallImages(count: number, seed = 7): ImageSet {
  return {
    images: Uint8Array.from(stepWords(seed, 'fixedPixels', 0, count * 64), (word) => word >>> 24),
    count,
  }
}

/**
 * A preset with layers of a few units: the same operations, in milliseconds. 96 images in batches
 * of 8: 12 steps an epoch.
 */
export function smallConfig(
  preset: PresetName | null,
  changes: Partial<RunConfig> = {},
): RunConfig {
  const conv = { encoderFilters: [3, 4], encoderLayers: [5], decoderFilters: [4, 3] }
  const dense = { encoderLayers: [12, 6], decoderLayers: [6, 12] }
  const network =
    changes.network ?? (preset ? { network: 'dense', ...presets[preset].config }.network : 'dense')
  const small = {
    batchSize: 8,
    length: 100,
    lengthUnit: 'steps',
    evaluateEvery: 40,
    frames: 0,
    ...(network === 'conv' ? conv : dense),
  }
  return configFrom(preset, { ...small, ...changes })
}

export const smallPlan = (config: RunConfig): TrainingPlan =>
  planRun(config, smallShape, smallImages(96))

/**
 * Configurations that between them use every operation of a step: all presets, all losses, all
 * optimizers.
 */
export const variety: Record<string, RunConfig> = {
  ...Object.fromEntries(presetNames.map((name) => [name, smallConfig(name)])),
  'tanh, Gaussian, SGD, fixed pixels': smallConfig(null, {
    activation: 'tanh',
    likelihood: 'gaussian',
    optimizer: 'sgd',
    binarisation: 'fixed',
    learningRate: 1e-5,
  }),
  'learned variance, AdamW, free bits, warm-ups': smallConfig(null, {
    likelihood: 'gaussian-learned',
    optimizer: 'adamw',
    binarisation: 'grey',
    freeBits: 0.1,
    betaWarmup: 20,
    rateWarmup: 10,
    rateSchedule: 'cosine',
    latentSize: 3,
  }),
  'Gaussian of a given variance, odd sizes': smallConfig(null, {
    likelihood: 'gaussian',
    noiseVariance: 0.1,
    binarisation: 'grey',
    batchSize: 7,
    latentSize: 1,
  }),
  'linear, beta 4, threshold': smallConfig(null, {
    encoderLayers: [],
    decoderLayers: [],
    beta: 4,
    binarisation: 'threshold',
  }),
}

export interface Trained {
  /** steps x [reconstruction, kl, objective] */
  rows: Float32Array
  state: TrainingState
  validations: number[]
  checkpoints: { step: number; bytes: Uint8Array }[]
  outcome: Outcome
}

export interface TrainSettings {
  chunk?: number
  /** A checkpoint is taken whenever so many steps have passed; 0 never. */
  checkpointEvery?: number
  from?: Uint8Array
  make?: (plan: TrainingPlan, state: TrainingState) => TrainingProgram
  /** Stops when this step is reached. */
  stopAt?: number
}

/** Trains a plan from its start, or from the bytes of a checkpoint, to its end. */
export async function trained(plan: TrainingPlan, settings: TrainSettings = {}): Promise<Trained> {
  const restored = settings.from ? decodeCheckpoint(settings.from) : null
  const progress: Progress = restored ? { ...restored.meta.progress } : freshProgress()
  const program = (settings.make ?? eagerProgram)(
    plan,
    restored?.state ?? initialState(plan.config, plan.image),
  )
  const rows: number[] = []
  const kept: Omit<Trained, 'rows' | 'state' | 'outcome'> = { validations: [], checkpoints: [] }
  let last = progress.step
  const surroundings: Surroundings = {
    now: () => 0,
    turn: (step) =>
      Promise.resolve(settings.stopAt !== undefined && step >= settings.stopAt ? 'stop' : 'go on'),
    metrics: (_first, more) => void rows.push(...more),
    validate: async (step) => {
      const measured = await measure(plan, program)
      return {
        step,
        reconstruction: measured.reconstruction,
        kl: measured.kl,
        total: measured.negativeElbo,
        klPerDimension: measured.klPerDimension,
      }
    },
    validated: ({ total }) => void kept.validations.push(total),
    frame: () => undefined,
    checkpoint: (step) => {
      last = step
      kept.checkpoints.push({
        step,
        bytes: encodeCheckpoint(
          { ...meta(plan.config, program), progress: { ...progress } },
          program.read(),
        ),
      })
      return Promise.resolve()
    },
    checkpointDue: () =>
      Boolean(settings.checkpointEvery) && progress.step - last >= settings.checkpointEvery!,
  }
  try {
    const outcome = await train(
      plan,
      program,
      progress,
      fixedChunks(settings.chunk ?? 10),
      surroundings,
    )
    return { ...kept, rows: Float32Array.from(rows), state: program.read(), outcome }
  } finally {
    program.dispose()
  }
}

/** The program's present parameters, evaluated on 16 images that the run does not see. */
export async function measure(plan: TrainingPlan, program: TrainingProgram): Promise<Measured> {
  const held = smallImages(16, 11)
  const parameters = program.parameters()
  const measured = await evaluate(
    new VariationalAutoencoder(plan.config, plan.image, parameters),
    held,
    evaluationTargets(plan.config, held),
    { samples: 0 },
  )
  tf.dispose(parameters)
  return measured
}

export function meta(
  config: RunConfig,
  program: TrainingProgram,
): Omit<CheckpointMeta, 'progress'> {
  return {
    format: 'latent-studio-checkpoint',
    version: 1,
    config,
    datasetHash: 'small',
    backend: 'js',
    backendVersion: '',
    mode: program.mode,
    threads: 1,
    programVersion: '1',
  }
}

/** All numbers of a state in one row of bits, to be compared bit for bit. */
export function bits({ parameters, slots }: TrainingState): Buffer {
  const parts = (arrays: NamedArrays) =>
    Object.keys(arrays)
      .sort()
      .map((name) => bytesOf(arrays[name]!.values))
  return Buffer.concat([...parts(parameters), ...parts(slots)])
}

export const bytesOf = (values: Float32Array): Buffer =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength)
