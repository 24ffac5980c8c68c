// Everything that stands before a run's first step: the rung, the data, the plan, the state (fresh
// or from a checkpoint), and the program that executes steps.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Backend } from '../backends/backend.ts'
import { activateRung, forgetRung, surveyLadder, type RungReport } from '../backends/index.ts'
import { chooseProgram } from '../compile/modeChoice.ts'
import type { Dataset, DatasetSplit } from '../datasets/index.ts'
import type { Apply } from '../engine/model.ts'
import { decodeCheckpoint, type CheckpointMeta } from '../engine/checkpoint.ts'
import {
  evaluationTargets,
  rehearseValidation,
  uploadValidation,
  type ValidationSet,
} from '../engine/evaluation.ts'
import { VariationalAutoencoder } from '../engine/model.ts'
import { planRun, type TrainingPlan } from '../engine/plan.ts'
import type { TrainingProgram } from '../engine/trainingProgram.ts'
import { dispose } from '../engine/tf.ts'
import { freshProgress, type Progress } from '../engine/train.ts'
import { initialState, toTensors, type TrainingState } from '../engine/modelState.ts'
import { parseConfig } from '../../preload/contract/config.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import type { ImageShape } from '../../preload/contract/parameters.ts'
import type { Mode, RunConfig, Rung } from '../../preload/contract/runConfig.ts'
import {
  applyOn,
  datasetOnce,
  dropOthers,
  handOver,
  programAhead,
  validationAhead,
} from './ahead.ts'
import { imagesAt } from './latentAnswers.ts'
import { fixedImageCount } from './drawFrame.ts'
import type { FromHost, TrainerStart } from './protocol.ts'

export interface Prepared {
  plan: TrainingPlan
  program: TrainingProgram
  progress: Progress
  dataset: Dataset
  image: ImageShape
  validation: ValidationSet
  fixedImages: Uint8Array
  apply: Apply
  meta: Omit<CheckpointMeta, 'progress'>
  started: Extract<FromHost, { kind: 'started' }>
}

/** The run could not be started on a backend that had passed its check; another one may do. */
export class RungFailed extends Error {
  readonly rung: Rung
  constructor(rung: Rung, thrown: unknown) {
    super(thrown instanceof Error ? thrown.message : String(thrown))
    this.rung = rung
  }
}

/**
 * untrained: given the model of a fresh run before anything is compiled for its steps; its weights
 * are freed when that returns. Throws RungFailed, and what makes the run itself impossible:
 * no-backend, cannot-resume, damaged-checkpoint.
 */
export async function prepare(
  start: TrainerStart,
  tell: (message: FromHost) => void,
  untrained: (model: VariationalAutoencoder, fixedImages: Uint8Array) => void = () => undefined,
): Promise<Prepared> {
  const stage = (text: string) => tell({ kind: 'stage', text })
  const config = parseConfig(start.config) // a run made before a setting was added has its default
  dropOthers(config) // before the run's own take its place beside it
  stage('Checking the backends')
  const backend = await trainingBackend(start, config, tell)
  stage('Reading the data')
  const dataset = await datasetOnce(config.dataset)
  const { width, height, channels } = dataset.info
  const image = { width, height, channels }
  const plan = planRun(config, image, dataset.split('train'))
  const { state, progress, version } = start.checkpoint
    ? await restored(config, start.checkpoint, dataset)
    : { state: initialState(config, image), progress: freshProgress(), version: backend.version }
  const mode = start.recorded?.mode ?? config.mode
  const grey = dataset.split('validation')
  const [apply, fixedImages] = [applyOn(backend), fixedImagesOf(grey)]
  if (progress.step === 0) {
    stage('Drawing the untrained model')
    onBackend(backend, () => {
      const parameters = toTensors(state.parameters)
      untrained(new VariationalAutoencoder(config, image, parameters, apply), fixedImages)
      dispose(parameters)
    })
    await new Promise((resolve) => setImmediate(resolve)) // the picture leaves before the compiler takes this thread
  }
  const { program, compileSeconds, note, validation } = onBackend(backend, () => {
    const ahead = (wanted: Mode) => programAhead(config, wanted)
    const chosen = chooseProgram(plan, state, {
      backend,
      mode,
      cacheFolder: start.cacheFolder,
      stage,
      ahead,
    })
    stage('Preparing the validation')
    const ready = validationAhead(config)
    const validation = ready ?? uploadValidation(config, evaluationTargets(config, grey))
    if (backend.native && !ready) {
      const parameters = chosen.program.parameters()
      rehearseValidation(new VariationalAutoencoder(config, image, parameters, apply), validation)
      dispose(parameters)
    }
    return { ...chosen, validation }
  })
  handOver({ program, validation })
  tell({ kind: 'trying', rung: null })
  const meta = {
    format: 'latent-studio-checkpoint' as const,
    version: 1 as const,
    config,
    datasetHash: dataset.info.hash,
    backend: backend.rung,
    backendVersion: backend.version,
    mode: program.mode,
    threads: backend.threads,
    programVersion: '1',
  }
  const parameterCount = Object.values(state.parameters).reduce(
    (total, { values }) => total + values.length,
    0,
  )
  return {
    plan,
    program,
    progress,
    dataset,
    image,
    meta,
    apply,
    validation,
    fixedImages,
    started: {
      kind: 'started',
      backend: backend.rung,
      backendVersion: backend.version,
      mode: program.mode,
      threads: backend.threads,
      totalSteps: plan.totalSteps,
      stepsPerEpoch: plan.stepsPerEpoch,
      parameterCount,
      datasetHash: dataset.info.hash,
      step: progress.step,
      compileSeconds,
      note: [note, otherVersion(version, backend.version)].filter(Boolean).join(' '),
    },
  }
}

const libraries: Record<Rung, string> = {
  cuda: 'TensorFlow (CUDA)',
  tensorflow: 'TensorFlow',
  wasm: 'WebAssembly',
  js: 'JavaScript',
}

// What a native library throws while the program is compiled and tried is a failure of the backend,
// such as a GPU without memory; an error of ours is about the run.
function onBackend<Value>({ rung, native }: Backend, work: () => Value): Value {
  try {
    return work()
  } catch (thrown) {
    throw native === null || thrown instanceof StudioError ? thrown : new RungFailed(rung, thrown)
  }
}

/**
 * Loads the backend asked for, or the best that works, and tells which better ones were left
 * although installed.
 */
export async function trainingBackend(
  { recorded, cacheFolder, avoid }: Pick<TrainerStart, 'recorded' | 'cacheFolder' | 'avoid'>,
  config: RunConfig,
  tell: (message: FromHost) => void,
): Promise<Backend> {
  const preference = recorded?.backend ?? config.backend
  const { active, ladder } = await surveyLadder({ cacheFolder, preference, avoid })
  if (active === null) throw noBackend(preference, ladder, recorded ? resumeAdvice : chooseAdvice)
  const better =
    preference === 'auto'
      ? ladder.slice(
          0,
          ladder.findIndex(({ rung }) => rung === active),
        )
      : []
  for (const { rung, reason, absent } of better)
    if (!absent && !avoid.some((one) => one.rung === rung))
      tell({ kind: 'rung-left', rung, reason })
  tell({ kind: 'trying', rung: active })
  tell({ kind: 'stage', text: `Loading ${libraries[active]}` })
  const threads = recorded?.threads ?? config.threads
  return activateRung(active, { cacheFolder, ...(threads > 0 ? { threads } : {}) }).catch(
    async (thrown: unknown) => {
      await forgetRung(active, cacheFolder)
      throw new RungFailed(active, thrown)
    },
  )
}

const resumeAdvice =
  'The run was trained on this backend and can only resume on it. Install it again (`latent runtime install`), or start a new run on another backend.'
const chooseAdvice = 'Choose another backend; `latent backends` lists them.'

function noBackend(preference: 'auto' | Rung, ladder: RungReport[], advice: string): StudioError {
  const reasons = ladder
    .filter(({ rung }) => preference === 'auto' || rung === preference)
    .map(({ rung, reason }) => `${rung}: ${reason}`)
  return new StudioError(
    'no-backend',
    `The backend ${preference} does not work here (${reasons.join('; ')}). ${advice}`,
  )
}

async function restored(
  config: RunConfig,
  checkpoint: NonNullable<TrainerStart['checkpoint']>,
  dataset: Dataset,
): Promise<{ state: TrainingState; progress: Progress; version: string }> {
  const { meta, state } = decodeCheckpoint(await readCheckpoint(checkpoint.file, checkpoint.sha256))
  if (meta.datasetHash !== dataset.info.hash)
    throw new StudioError(
      'cannot-resume',
      'The data set has changed since this run was trained (different sha256). Start a new run.',
    )
  if (JSON.stringify(meta.config) !== JSON.stringify(config))
    throw new StudioError(
      'cannot-resume',
      'The settings in the checkpoint differ from those of the run. Start a new run.',
    )
  return { state, progress: meta.progress, version: meta.backendVersion }
}

// Another version of the same backend may round otherwise: the run goes on, and says that it is no
// longer bit for bit.
function otherVersion(before: string, now: string): string {
  return before === now
    ? ''
    : `Resumed with ${now} after training with ${before}: the last digits may differ from an uninterrupted run.`
}

/** The bytes of a checkpoint file whose hash must match. Throws damaged-checkpoint. */
export async function readCheckpoint(file: string, sha256: string): Promise<Uint8Array> {
  const bytes = await readFile(file).catch(() => {
    throw new StudioError(
      'damaged-checkpoint',
      `The checkpoint file ${file} cannot be read. An earlier checkpoint is used where there is one.`,
    )
  })
  const found = createHash('sha256').update(bytes).digest('hex')
  if (found !== sha256)
    throw new StudioError(
      'damaged-checkpoint',
      `The checkpoint file ${file} is damaged: expected sha256 ${sha256.slice(0, 12)}…, found ${found.slice(0, 12)}…. An earlier checkpoint is used where there is one.`,
    )
  return bytes
}

/** The validation images that every frame reconstructs, grey. */
export function fixedImagesOf({ images, labels, count }: DatasetSplit): Uint8Array {
  return imagesAt(images, fixedImages(labels), images.length / count)
}

// One image of each class first, so that all digits are seen; then the first ones.
function fixedImages(labels: Uint8Array): number[] {
  const firsts = [...new Set(labels)].sort((a, b) => a - b).map((label) => labels.indexOf(label))
  const others = Array.from({ length: fixedImageCount }, (_, i) => i).filter(
    (i) => !firsts.includes(i),
  )
  return [...firsts, ...others].slice(0, fixedImageCount)
}
