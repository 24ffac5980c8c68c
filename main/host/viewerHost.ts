// The viewer role: looks into stored checkpoints. Requests are answered one after the other; an
// evaluation gives way between its batches and can be cancelled. The last few models stay loaded.
import { asStudioError, StudioError } from '../../preload/contract/errors.ts'
import type { Evaluation, LadderReport, Progress, Split } from '../../preload/contract/records.ts'
import type { Backend } from '../backends/backend.ts'
import { activateRung, surveyLadder } from '../backends/index.ts'
import { openDataset, type Dataset } from '../datasets/index.ts'
import type { Apply } from '../engine/model.ts'
import { decodeWeights } from '../engine/checkpoint.ts'
import { evaluate, evaluationTargets } from '../engine/evaluation.ts'
import { likelihoodName } from '../../preload/contract/likelihood.ts'
import { VariationalAutoencoder } from '../engine/model.ts'
import { dispose } from '../engine/tf.ts'
import { toTensors } from '../engine/modelState.ts'
import { KeptCodes } from './analyses/codes.ts'
import { analyse } from './analyses/index.ts'
import type { AnalysisAnswer } from './analyses/question.ts'
import { subjectOf } from './analyses/subject.ts'
import { applyOn } from './ahead.ts'
import { answer } from './latentAnswers.ts'
import type { Line } from './hostChannel.ts'
import { readCheckpoint } from './preparation.ts'
import type { AvoidedRung, LatentAnswer, StoredModel, ToHost } from './protocol.ts'

const KEPT_MODELS = 8

interface Loaded {
  model: VariationalAutoencoder
  dataset: Dataset
  /** Evaluations and analyses under way: they hold the model for longer than one turn. */
  jobs: number
}

export function viewerRole(line: Line): void {
  const underWay = new Map<number, AbortController>()
  const kept = new KeptCodes()
  let viewer: Promise<Viewer> | null = null
  let cacheFolder = ''
  let avoid: AvoidedRung[] = []
  line.onMessage((message) => {
    if (message.kind === 'view') ({ cacheFolder, avoid } = message)
    else if (message.kind === 'cancel')
      underWay.get(message.id)?.abort(new StudioError('cancelled', 'The request was cancelled.'))
    else if (isAsked(message)) void serve(message)
  })

  async function serve(message: Asked): Promise<void> {
    const cancel = new AbortController()
    underWay.set(message.id, cancel)
    try {
      line.send({ kind: 'answer', id: message.id, value: await handle(message, cancel.signal) })
    } catch (thrown) {
      const { code, message: text, data } = asStudioError(thrown)
      if (code === 'internal') console.error(thrown)
      line.send({ kind: 'refused', id: message.id, code, message: text, data })
    } finally {
      underWay.delete(message.id)
    }
  }

  async function handle(
    message: Asked,
    cancel: AbortSignal,
  ): Promise<LatentAnswer | AnalysisAnswer | Evaluation | LadderReport> {
    if (message.kind === 'ladder')
      return surveyLadder({ cacheFolder, preference: 'auto', force: message.force })
    const stored = message.model
    if (!stored)
      throw new StudioError(
        'not-found',
        'The run has no checkpoint yet. Wait for the first one, or start the run.',
      )
    // Decoding stored models never takes the GPU from a training run.
    viewer ??= viewerOn(cacheFolder, avoid, line).catch((thrown: unknown) => {
      viewer = null // the next request tries again
      throw thrown
    })
    const loaded = await (await viewer).load(stored)
    if (message.kind === 'latent')
      return answer(message.request, loaded.model, stored.step, loaded.dataset)
    const progress = (now: Progress) =>
      line.send({ kind: 'progress', id: message.id, progress: now })
    if (message.kind === 'analyse') {
      const { model, dataset } = loaded
      const subject = subjectOf(
        { model, step: stored.step, dataset, cancelled: cancel, progress },
        kept,
        stored.sha256,
      )
      loaded.jobs++
      return analyse(message.question, subject).finally(() => loaded.jobs--)
    }
    return evaluated(loaded, stored, message.split, message.samples, {
      onProgress: (done, total) => progress({ stage: 'Evaluating', done, total, unit: 'images' }),
      breathe: async () => {
        await new Promise((resolve) => setImmediate(resolve))
        cancel.throwIfAborted()
      },
    })
  }
}

type Asked = Extract<ToHost, { kind: 'latent' | 'analyse' | 'evaluate' | 'ladder' }>

const isAsked = (message: ToHost): message is Asked =>
  message.kind === 'latent' ||
  message.kind === 'analyse' ||
  message.kind === 'evaluate' ||
  message.kind === 'ladder'

interface Viewer {
  load(stored: StoredModel): Promise<Loaded>
}

async function viewerOn(cacheFolder: string, avoid: AvoidedRung[], line: Line): Promise<Viewer> {
  const apply = applyOn(await viewingBackend(cacheFolder, avoid, line))
  const kept = new Map<string, Promise<Loaded>>() // by sha256, least recently used first
  return {
    load(stored) {
      const loading = kept.get(stored.sha256) ?? loadModel(stored, apply)
      kept.delete(stored.sha256)
      kept.set(stored.sha256, loading)
      loading.catch(() => kept.delete(stored.sha256))
      if (kept.size > KEPT_MODELS) {
        const [oldest, model] = kept.entries().next().value!
        kept.delete(oldest)
        model.then(disposeLater).catch(() => undefined)
      }
      return loading
    },
  }
}

// One that passed its check and then fails to load is left for the next, here in the same process.
async function viewingBackend(
  cacheFolder: string,
  failed: AvoidedRung[],
  line: Line,
): Promise<Backend> {
  const { ladder } = await surveyLadder({ cacheFolder, preference: 'auto', avoid: failed })
  const rung = ladder.find(({ rung, ok }) => ok && rung !== 'cuda')?.rung ?? 'js'
  line.send({ kind: 'trying', rung })
  try {
    const backend = await activateRung(rung, { cacheFolder })
    line.send({ kind: 'trying', rung: null })
    return backend
  } catch (thrown) {
    if (rung === 'js') throw thrown
    return viewingBackend(
      cacheFolder,
      [...failed, { rung, reason: asStudioError(thrown).message }],
      line,
    )
  }
}

// After the requests that may still hold it.
function disposeLater(loaded: Loaded): void {
  setTimeout(
    () => (loaded.jobs > 0 ? disposeLater(loaded) : dispose(loaded.model.parameters)),
    60_000,
  )
}

async function loadModel(stored: StoredModel, apply: Apply): Promise<Loaded> {
  const [bytes, dataset] = await Promise.all([
    readCheckpoint(stored.file, stored.sha256),
    openDataset(stored.config.dataset),
  ])
  const { meta, parameters } = decodeWeights(bytes)
  const { width, height, channels } = dataset.info
  return {
    model: new VariationalAutoencoder(
      meta.config,
      { width, height, channels },
      toTensors(parameters),
      apply,
    ),
    dataset,
    jobs: 0,
  }
}

async function evaluated(
  loaded: Loaded,
  stored: StoredModel,
  split: Split,
  samples: number,
  options: { onProgress: (done: number, total: number) => void; breathe: () => Promise<void> },
): Promise<Evaluation> {
  const { model, dataset } = loaded
  const grey = dataset.split(split)
  loaded.jobs++
  const measured = await evaluate(model, grey, evaluationTargets(model.config, grey), {
    samples,
    ...options,
  }).finally(() => loaded.jobs--)
  return { ...measured, likelihood: likelihoodName(model.config), split, step: stored.step }
}
