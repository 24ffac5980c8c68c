// Everything that stands before a run's first step: the rung, the data, the plan, the state (fresh or from a
// checkpoint), and the program that executes steps.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { activateRung, surveyLadder, type Backend } from '../backends/index.ts'
import { compiledApply } from '../compile/functions.ts'
import { chooseProgram } from '../compile/choice.ts'
import { openDataset, type Dataset } from '../datasets/index.ts'
import { applyDirectly, type Apply } from '../engine/apply.ts'
import { decodeCheckpoint, type CheckpointMeta } from '../engine/checkpoint.ts'
import { evaluationTargets, rehearseValidation, uploadValidation, type ValidationSet } from '../engine/evaluate.ts'
import { VariationalAutoencoder } from '../engine/model.ts'
import { planRun, type TrainingPlan } from '../engine/plan.ts'
import type { TrainingProgram } from '../engine/program.ts'
import { dispose } from '../engine/tf.ts'
import { freshProgress, type Progress } from '../engine/train.ts'
import { initialState, type TrainingState } from '../engine/weights.ts'
import { parseConfig } from '../../preload/contract/config.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import type { ImageShape } from '../../preload/contract/parameters.ts'
import type { RunConfig, Rung } from '../../preload/contract/runConfig.ts'
import { imagesAt } from './answers.ts'
import { fixedImageCount } from './frames.ts'
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

export async function prepare(start: TrainerStart, stage: (text: string) => void): Promise<Prepared> {
  const config = parseConfig(start.config) // a run made before a setting was added has its default
  stage('Choosing the backend')
  const backend = await backendFor(
    start.recorded?.backend ?? config.backend,
    start.cacheFolder,
    start.recorded?.threads ?? config.threads,
    start.recorded
      ? 'The run was trained on it and goes on only there: install it again (`latent runtime install`), or start a new run on another.'
      : 'Choose another backend; `latent backends` lists them.',
  )
  stage('Reading the data')
  const dataset = await openDataset(config.dataset)
  const { width, height, channels } = dataset.info
  const image = { width, height, channels }
  const plan = planRun(config, image, dataset.split('train'))
  const { state, progress, version } = start.checkpoint
    ? await restored(config, start.checkpoint, dataset)
    : { state: initialState(config, image), progress: freshProgress(), version: backend.version }
  const mode = start.recorded?.mode ?? config.mode
  const { program, compileSeconds, note } = chooseProgram(plan, state, { backend, mode, cacheFolder: start.cacheFolder, stage })
  const grey = dataset.split('validation')
  const [apply, validation] = [applyOn(backend), uploadValidation(config, evaluationTargets(config, grey))]
  if (backend.native) {
    const parameters = program.parameters()
    rehearseValidation(new VariationalAutoencoder(config, image, parameters, apply), validation)
    dispose(parameters)
  }
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
  const parameterCount = Object.values(state.parameters).reduce((total, { values }) => total + values.length, 0)
  return {
    plan,
    program,
    progress,
    dataset,
    image,
    meta,
    apply,
    validation,
    fixedImages: imagesAt(grey.images, fixedImages(grey.labels), plan.values),
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

/** How computations outside the step run on a backend. */
export const applyOn = ({ native }: Backend): Apply => (native ? compiledApply(native) : applyDirectly)

/** Activates the rung asked for, or the best that works. Throws no-backend with the reasons and the advice. */
export async function backendFor(
  preference: 'auto' | Rung,
  cacheFolder: string,
  threads: number,
  advice = '`latent doctor` says what is missing.',
): Promise<Backend> {
  const { active, ladder } = await surveyLadder({ cacheFolder, preference })
  const chosen = preference === 'auto' ? active : ladder.find(({ rung, ok }) => rung === preference && ok)?.rung
  if (!chosen) {
    const reasons = ladder
      .filter(({ rung }) => preference === 'auto' || rung === preference)
      .map(({ rung, reason }) => `${rung}: ${reason}`)
    throw new StudioError(
      'no-backend',
      `The backend ${preference} does not work here (${reasons.join('; ')}). ${advice}`,
    )
  }
  return activateRung(chosen, { cacheFolder, ...(threads > 0 ? { threads } : {}) })
}

async function restored(
  config: RunConfig,
  checkpoint: NonNullable<TrainerStart['checkpoint']>,
  dataset: Dataset,
): Promise<{ state: TrainingState; progress: Progress; version: string }> {
  const { meta, state } = await readCheckpoint(checkpoint.file, checkpoint.sha256)
  if (meta.datasetHash !== dataset.info.hash)
    throw new StudioError(
      'cannot-resume',
      'The data set has changed since this run was trained (another sha256). Start a new run.',
    )
  if (JSON.stringify(meta.config) !== JSON.stringify(config))
    throw new StudioError('cannot-resume', 'The settings in the checkpoint differ from those of the run. Start a new run.')
  return { state, progress: meta.progress, version: meta.backendVersion }
}

// Another version of the same backend may round otherwise: the run goes on, and says that it is no longer bit for bit.
function otherVersion(before: string, now: string): string {
  return before === now ? '' : `Resumed with ${now}, trained so far with ${before}: the last digits may differ from one uninterrupted run.`
}

/** Reads a checkpoint file whose hash must match. Throws damaged-checkpoint. */
export async function readCheckpoint(file: string, sha256: string): Promise<{ meta: CheckpointMeta; state: TrainingState }> {
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
  return decodeCheckpoint(bytes)
}

// One image of each class first, so that all digits are seen; then the first ones.
function fixedImages(labels: Uint8Array): number[] {
  const firsts = [...new Set(labels)].sort((a, b) => a - b).map((label) => labels.indexOf(label))
  const others = Array.from({ length: fixedImageCount }, (_, i) => i).filter((i) => !firsts.includes(i))
  return [...firsts, ...others].slice(0, fixedImageCount)
}
