// Questions about a model's latent space: checked against the run and the size of an answer, then
// put to the run's own trainer while it trains, else to the viewer with a stored checkpoint.
import { StudioError } from '../../preload/contract/errors.ts'
import {
  maxAnswerBytes,
  type CheckpointChoice,
  type Images,
  type Provenance,
} from '../../preload/contract/latent.ts'
import type { Run } from '../../preload/contract/records.ts'
import { datasetInfo } from '../datasets/index.ts'
import type { AnalysisAnswer, AnalysisQuestion } from '../host/analyses/question.ts'
import type { LatentAnswer, LatentRequest, StoredModel } from '../host/protocol.ts'
import type { Context } from './context.ts'
import { getRun } from './library.ts'
import { checkpointsFor } from './checkpointChoice.ts'
import { firstWhole, markDamaged } from './resumption.ts'
import type { LiveTrainer } from './liveTrainer.ts'

export interface Asked {
  run: string
  checkpoint: CheckpointChoice
}

export type Answered = LatentAnswer & Provenance

/**
 * Throws `bad-input`, `not-found`, `wrong-state`, `damaged-checkpoint`, `host-failed`, `cancelled`.
 */
export async function askLatent(
  context: Context,
  asked: Asked,
  request: (run: Run) => LatentRequest,
  signal: AbortSignal | undefined,
): Promise<Answered> {
  const run = getRun(context, asked.run)
  const checked = request(run)
  refuseLarge(run, checked)
  return askModel<LatentAnswer>(
    context,
    run,
    asked.checkpoint,
    { kind: 'latent', request: checked },
    signal,
  )
}

/** What trainers and the viewer both answer, before the model is chosen. */
export type ModelQuestion =
  { kind: 'latent'; request: LatentRequest } | { kind: 'analyse'; question: AnalysisQuestion }
export type ModelAnswer = LatentAnswer | AnalysisAnswer

/**
 * Puts a question to the run's trainer while it trains and `live` is asked for, else to the viewer
 * with a stored checkpoint.
 */
export async function askModel<A extends ModelAnswer>(
  context: Context,
  run: Run,
  checkpoint: CheckpointChoice,
  question: ModelQuestion,
  signal: AbortSignal | undefined,
): Promise<A & Provenance> {
  const trainer = checkpoint === 'live' ? context.trainers.get(run.id) : undefined
  if (trainer && trainer.state !== 'preparing') {
    const answer = await askTrainer(context, trainer, question, signal)
    if (answer) return from<A>(answer, run, true)
  }
  const answer = await withStored(context, run, checkpoint, (model) =>
    context.viewer.ask({ ...question, model }, { signal, limit: limitOf(context, question) }),
  )
  return from<A>(answer, run, false)
}

// Tens of thousands of images in a hundred dimensions take longer than a picture.
const limitOf = ({ limits }: Context, { kind }: ModelQuestion) =>
  kind === 'analyse' ? limits.job : limits.latent

const from = <A>(answer: object, run: Run, live: boolean) =>
  ({ ...answer, run: run.id, live }) as A & Provenance

/** Undefined when the trainer ended meanwhile: then the checkpoint that it left is asked. */
async function askTrainer(
  context: Context,
  trainer: LiveTrainer,
  question: ModelQuestion,
  signal: AbortSignal | undefined,
): Promise<ModelAnswer | undefined> {
  try {
    return (await trainer.line.ask(
      { ...question, model: null },
      { signal, limit: limitOf(context, question) },
    )) as ModelAnswer
  } catch (error) {
    if (trainer.state === 'over' && error instanceof StudioError && error.code === 'host-failed')
      return undefined
    throw error
  }
}

/**
 * Puts a stored model to `ask`; one whose file turns out damaged is marked, and unless it was asked
 * for by its step the one before is taken.
 */
export async function withStored<T>(
  context: Context,
  run: Run,
  choice: CheckpointChoice,
  ask: (model: StoredModel) => Promise<T>,
): Promise<T> {
  for (;;) {
    const wanted = checkpointsFor(context.store, run, choice)
    const checkpoint = await firstWhole(context, run.id, wanted)
    if (!checkpoint)
      throw new StudioError(
        'damaged-checkpoint',
        `Expected a usable checkpoint of "${run.name}", found ${wanted.length === 1 ? 'its file' : `its ${wanted.length} files`} missing or damaged. Resume the run to make new ones.`,
        { run: run.id },
      )
    try {
      return await ask({
        run: run.id,
        step: checkpoint.step,
        file: checkpoint.path,
        sha256: checkpoint.sha256,
        config: run.config,
      })
    } catch (error) {
      if (!(error instanceof StudioError) || error.code !== 'damaged-checkpoint') throw error
      markDamaged(context, checkpoint, error.message)
      if (typeof choice === 'number') throw error
    }
  }
}

/** uint8 or float32 pixels of an answer, as the contract shows them. */
export function asImages({
  run,
  step,
  live,
  count,
  width,
  height,
  channels,
  bytes,
}: Answered): Images {
  return { run, step, live, count, width, height, channels, pixels: bytes }
}

// An answer over the limit is refused before anything is computed, with how to split the question.
function refuseLarge(run: Run, request: LatentRequest): void {
  const { width, height, channels } = datasetInfo(run.config.dataset)
  const pixels = width * height * channels
  const [unit, count, each] = answerSize(request, pixels, run.config.latentSize)
  const most = Math.floor(maxAnswerBytes / each)
  if (count <= most) return
  const bytes = count * each
  throw new StudioError(
    'bad-input',
    `Expected an answer of at most ${maxAnswerBytes / 1024} KiB, found a request for ${Math.ceil(bytes / 1024)} KiB. Ask for at most ${most} ${unit} at a time.`,
    { limit: maxAnswerBytes, bytes, most },
  )
}

/** What is counted, how many, and the bytes of each. */
function answerSize(
  request: LatentRequest,
  pixels: number,
  latentSize: number,
): [unit: string, count: number, bytes: number] {
  const perValue = 'as' in request && request.as === 'float32' ? 4 : 1
  switch (request.kind) {
    case 'decode':
      return ['points', request.count, pixels * perValue]
    case 'manifold':
      return ['rows', request.rows, request.grid * pixels]
    case 'encode':
      return ['images', request.images.count, 2 * latentSize * 4]
    case 'reconstruct':
      return ['images', request.indices.length, 2 * pixels]
    case 'sample':
      return ['samples', request.count, pixels * perValue]
  }
}
