// The viewer role: looks into stored checkpoints. Requests are answered one after the other; an evaluation gives way
// between its batches and can be cancelled. The last few models stay loaded.
import { asStudioError, StudioError } from '../../preload/contract/errors.ts'
import type { Evaluation, LadderReport, Split } from '../../preload/contract/records.ts'
import { surveyLadder } from '../backends/index.ts'
import { openDataset, type Dataset } from '../datasets/index.ts'
import type { Apply } from '../engine/apply.ts'
import { evaluate, evaluationTargets } from '../engine/evaluate.ts'
import { VariationalAutoencoder } from '../engine/model.ts'
import { dispose } from '../engine/tf.ts'
import { toTensors } from '../engine/weights.ts'
import { answer } from './answers.ts'
import type { Line } from './line.ts'
import { applyOn, backendFor, readCheckpoint } from './preparation.ts'
import type { LatentAnswer, StoredModel, ToHost } from './protocol.ts'

const KEPT_MODELS = 8

interface Loaded {
  model: VariationalAutoencoder
  dataset: Dataset
  /** Evaluations under way, which take longer than any other request. */
  evaluations: number
}

export function viewerRole(line: Line): void {
  const cancelled = new Set<number>()
  let viewer: Promise<Viewer> | null = null
  let cacheFolder = ''
  line.onMessage((message) => {
    if (message.kind === 'view') cacheFolder = message.cacheFolder
    else if (message.kind === 'cancel') cancelled.add(message.id)
    else if (message.kind === 'latent' || message.kind === 'evaluate' || message.kind === 'ladder') void serve(message)
  })

  async function serve(message: Extract<ToHost, { kind: 'latent' | 'evaluate' | 'ladder' }>): Promise<void> {
    try {
      line.send({ kind: 'answer', id: message.id, value: await handle(message) })
    } catch (thrown) {
      const { code, message: text, data } = asStudioError(thrown)
      if (code === 'internal') console.error(thrown)
      line.send({ kind: 'refused', id: message.id, code, message: text, data })
    } finally {
      cancelled.delete(message.id)
    }
  }

  async function handle(
    message: Extract<ToHost, { kind: 'latent' | 'evaluate' | 'ladder' }>,
  ): Promise<LatentAnswer | Evaluation | LadderReport> {
    if (message.kind === 'ladder') return surveyLadder({ cacheFolder, preference: 'auto', force: message.force })
    if (message.kind === 'latent' && !message.model)
      throw new StudioError('not-found', 'The run has no checkpoint yet. Wait for the first one, or start the run.')
    // Decoding stored models never takes the GPU from a training run.
    viewer ??= viewerOn(cacheFolder)
    const loaded = await (await viewer).load(message.model!)
    if (message.kind === 'latent') return answer(message.request, loaded.model, message.model!.step, loaded.dataset)
    return evaluated(loaded, message.model!, message.split, message.samples, {
      onProgress: (done, total) =>
        line.send({ kind: 'progress', id: message.id, progress: { stage: 'Evaluating', done, total, unit: 'images' } }),
      breathe: async () => {
        await new Promise((resolve) => setImmediate(resolve))
        if (cancelled.has(message.id)) throw new StudioError('cancelled', 'The evaluation was cancelled.')
      },
    })
  }
}

interface Viewer {
  load(stored: StoredModel): Promise<Loaded>
}

async function viewerOn(cacheFolder: string): Promise<Viewer> {
  const { ladder } = await surveyLadder({ cacheFolder, preference: 'auto' })
  const rung = ladder.find(({ rung, ok }) => ok && rung !== 'cuda')?.rung ?? 'js'
  const apply = applyOn(await backendFor(rung, cacheFolder, 0))
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

// After the requests that may still hold it.
function disposeLater(loaded: Loaded): void {
  setTimeout(() => (loaded.evaluations > 0 ? disposeLater(loaded) : dispose(loaded.model.parameters)), 60_000)
}

async function loadModel(stored: StoredModel, apply: Apply): Promise<Loaded> {
  const [{ meta, state }, dataset] = await Promise.all([
    readCheckpoint(stored.file, stored.sha256),
    openDataset(stored.config.dataset),
  ])
  const { width, height, channels } = dataset.info
  return {
    model: new VariationalAutoencoder(meta.config, { width, height, channels }, toTensors(state.parameters), apply),
    dataset,
    evaluations: 0,
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
  loaded.evaluations++
  const measured = await evaluate(model, grey, evaluationTargets(model.config, grey), { samples, ...options }).finally(
    () => loaded.evaluations--,
  )
  return { ...measured, likelihood: likelihoodName(model), split, step: stored.step }
}

// Numbers of two kinds are never compared: the name carries the likelihood and what was explained.
function likelihoodName({ config }: VariationalAutoencoder): string {
  const target = {
    grey: 'grey values',
    dynamic: 'pixels binarised at random',
    fixed: 'pixels binarised once',
    threshold: 'pixels binarised at one half',
  }[config.binarisation]
  const name = {
    bernoulli: 'Bernoulli',
    gaussian: `Gaussian (variance ${config.noiseVariance})`,
    'gaussian-learned': 'Gaussian (learned variance)',
    squared: 'squared error',
  }[config.likelihood]
  return `${name}, ${target}`
}
