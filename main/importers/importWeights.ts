// Weights by their documented names, from safetensors of any program: float32, float64, float16 or
// bfloat16, in TensorFlow's order of axes or, when the caller or the file's metadata says so, in
// PyTorch's. They become a finished run with one checkpoint. What order the axes have is never
// guessed from their sizes: a square weight has none to tell.
import { closeSync, fstatSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseConfig } from '../../preload/contract/config.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import { weightLayouts, type WeightLayout } from '../../preload/contract/imports.ts'
import { parameterShapes } from '../../preload/contract/parameters.ts'
import { longestName } from '../../preload/contract/reference.ts'
import { maximumSteps, type RunConfig } from '../../preload/contract/runConfig.ts'
import type { DatasetInfo } from '../../preload/contract/records.ts'
import { datasetInfo } from '../datasets/index.ts'
import { encodeCheckpoint, headerLength, readHeader, type Span } from '../engine/checkpoint.ts'
import type { NamedArray, NamedArrays } from '../engine/modelState.ts'
import { permuted } from '../exporters/axes.ts'
import { sha256 } from '../files/atomic.ts'
import { readAt } from '../files/readAt.ts'
import { fileReason } from '../files/reason.ts'
import { untrained } from '../store/runs.ts'
import { floatsOf } from './floats.ts'
import { faultIn } from './checkWeights.ts'
import type { ImportedRun } from './pieces.ts'

export interface WeightsQuestion {
  config?: Record<string, unknown> | undefined
  preset: string | null
  layout?: WeightLayout | undefined
  step?: number | undefined
}

export interface ReadWeights {
  config: RunConfig
  dataset: DatasetInfo
  layout: WeightLayout
  step: number
  metadata: Record<string, string>
  parameters: NamedArrays
}

/** How far the reading of the file is. */
type OnBytes = (done: number, total: number) => void

/**
 * Throws `bad-input`, `bad-config`, `not-found` for the data set. `write` puts the checkpoint into
 * a folder; then `result` holds.
 */
export async function importWeights(
  {
    path,
    fileName,
    weights: question,
  }: { path: string; fileName: string; weights: WeightsQuestion },
  onBytes?: OnBytes,
) {
  const read = readWeights(path, question, onBytes)
  const { config, dataset, step, metadata, layout } = read
  const datasetHash = /^[0-9a-f]{64}$/.test(metadata['dataset_sha256'] ?? '')
    ? metadata['dataset_sha256']!
    : ''
  const file = `step-${String(step).padStart(9, '0')}-end.safetensors`
  const machine = {
    backend: 'js',
    mode: 'eager',
    threads: 0,
    backendVersion: 'imported weights',
    programVersion: '1',
  } as const
  const progress = { step, bestTotal: null, bestStep: 0, evaluationsSinceBest: 0, lastTotal: null }
  const meta = {
    format: 'latent-studio-checkpoint',
    version: 1,
    config,
    progress,
    datasetHash,
    ...machine,
  } as const
  const bytes = encodeCheckpoint(meta, { parameters: read.parameters, slots: {} })
  const checkpoint = {
    step,
    reason: 'end',
    createdAt: Date.now(),
    backend: 'js',
    mode: 'eager',
    validationTotal: null,
  } as const
  const parameterCount = Object.values(read.parameters).reduce(
    (sum, { values }) => sum + values.length,
    0,
  )
  const result: ImportedRun & { origin: string } = {
    record: {
      ...untrained,
      id: '',
      name: nameOf(metadata['run_name'], fileName),
      model: config.model,
      status: 'finished',
      statusReason: 'Imported weights: they can be explored and exported, but not trained further.',
      config: { ...config },
      preset: question.preset,
      step,
      totalSteps: step,
      stepsPerEpoch: Math.floor(dataset.images.train / config.batchSize),
      parameterCount,
      createdAt: Date.now(),
      datasetHash,
    },
    config,
    metricSteps: 0,
    checkpoints: [
      { ...checkpoint, file, sha256: sha256(bytes), bytes: bytes.length, usable: true },
    ],
    damaged: [],
    origin: `Weights imported from ${fileName} (${layout === 'pytorch' ? "PyTorch's" : "TensorFlow's"} order of axes)${metadata['run'] ? `, exported from run ${metadata['run'].slice(0, 64)}` : ''}.`,
  }
  return {
    write: (folder: string) =>
      writeFileSync(join(folder, file), bytes, { flush: true, flag: 'wx' }),
    result,
  }
}

/** All weights of the network, in our order of axes, as float32. */
export function readWeights(
  path: string,
  question: WeightsQuestion,
  onBytes?: OnBytes,
): ReadWeights {
  const file = opened(path)
  try {
    const size = fstatSync(file).size
    const length = worded(() => headerLength(readAt(file, 0, Math.min(8, size), cut), size))
    const { header, start, spans } = worded(() =>
      readHeader(readAt(file, 0, 8 + length, cut), size),
    )
    const metadata = metadataOf(header['__metadata__'])
    const config = configOf(question, metadata)
    const dataset = datasetInfo(config.dataset)
    const layout = question.layout ?? layoutOf(metadata)
    const wanted = parameterShapes(config, dataset)
    checkNames(spans, wanted, layout)
    let done = start
    const parameters = Object.fromEntries(
      [...wanted.keys()].map((name) => {
        const span = spans.find((one) => one.name === name)!
        const weight = taken(file, start, span, layout)
        onBytes?.((done += span.to - span.from), size)
        return [name, weight]
      }),
    )
    const fault = faultIn(parameters, wanted)
    if (fault !== null) throw bad(fault)
    return {
      config,
      dataset,
      layout,
      step: question.step ?? stepOf(metadata),
      metadata,
      parameters,
    }
  } finally {
    closeSync(file)
  }
}

function configOf(question: WeightsQuestion, metadata: Record<string, string>): RunConfig {
  if (question.config) return parseConfig(question.config)
  const text = metadata['config']
  if (text === undefined)
    throw new StudioError(
      'bad-input',
      'Expected the settings of the network, found weights without any. Take them from a preset or a run (--preset NAME or --config FILE.json).',
      { reason: 'settings' },
    )
  try {
    return parseConfig(JSON.parse(text))
  } catch (error) {
    throw bad(
      `its metadata has settings that cannot be used (${(error as Error).message}). Choose others (--config FILE.json)`,
      'settings',
    )
  }
}

function layoutOf(metadata: Record<string, string>): WeightLayout {
  const named = weightLayouts.find((layout) => layout === metadata['layout'])
  // what PyTorch programs write by agreement (huggingface.co/docs/safetensors)
  return named ?? (metadata['format'] === 'pt' ? 'pytorch' : 'tensorflow')
}

function stepOf(metadata: Record<string, string>): number {
  const step = /^\d{1,9}$/.test(metadata['step'] ?? '') ? Number(metadata['step']) : 0
  return step <= maximumSteps ? step : 0
}

function metadataOf(found: unknown): Record<string, string> {
  if (found === undefined) return {}
  const texts =
    typeof found === 'object' &&
    found !== null &&
    Object.values(found).every((value) => typeof value === 'string')
  if (!texts) throw bad('its metadata is not text by name')
  return { ...(found as Record<string, string>) }
}

// Nothing missing, nothing over, every shape as the settings say; the first difference is told with
// what would fit.
function checkNames(spans: Span[], wanted: Map<string, number[]>, layout: WeightLayout): void {
  const found = new Map(spans.map(({ name, shape }) => [name, shape]))
  const missing = [...wanted.keys()].filter((name) => !found.has(name))
  const over = [...found.keys()].filter((name) => !wanted.has(name))
  const some = (names: string[]) =>
    names
      .slice(0, 4)
      .map((name) => JSON.stringify(name.slice(0, 60)))
      .join(', ') + (names.length > 4 ? ` and ${names.length - 4} more` : '')
  if (missing.length > 0)
    throw bad(
      `it lacks ${some(missing)}${over.length > 0 ? ` and has ${some(over)} instead` : ''}. Expected a whole model, encoder and decoder, with settings that fit it`,
      'settings',
    )
  if (over.length > 0)
    throw bad(`it also has ${some(over)}, which the settings do not describe`, 'settings')
  for (const [name, shape] of wanted) {
    const [expected, other] = [
      inLayout(name, shape, layout),
      inLayout(name, shape, layout === 'pytorch' ? 'tensorflow' : 'pytorch'),
    ]
    const has = found.get(name)!.join(' x ')
    if (has === expected.join(' x ')) continue
    const advice =
      has === other.join(' x ')
        ? ` That is ${layout === 'pytorch' ? "TensorFlow's order: choose it (--layout tensorflow)" : "PyTorch's order: choose it (--layout pytorch)"}`
        : ' Give the settings that the model was trained with'
    throw bad(`${name} is ${has}, expected ${expected.join(' x ')}.${advice}`, 'settings')
  }
}

/** A weight's shape as a layout keeps it: (in, out) or (out, in); (h, w, a, b) or (b, a, h, w). */
function inLayout(name: string, shape: number[], layout: WeightLayout): number[] {
  if (layout === 'tensorflow' || !name.endsWith('.weight')) return shape
  return shape.length === 2 ? [shape[1]!, shape[0]!] : [shape[3]!, shape[2]!, shape[0]!, shape[1]!]
}

function taken(
  file: number,
  start: number,
  { name, dtype, shape, from, to }: Span,
  layout: WeightLayout,
): NamedArray {
  const values = floatsOf(readAt(file, start + from, to - from, cut), dtype)
  if (layout === 'tensorflow' || !name.endsWith('.weight')) return { shape, values }
  return permuted(values, shape, shape.length === 2 ? [1, 0] : [2, 3, 1, 0])
}

function nameOf(given: string | undefined, fileName: string): string {
  const clean = (text: string) =>
    text
      .replace(/\p{Cc}+/gu, ' ')
      .trim()
      .slice(0, longestName)
      .trim()
  return clean(given ?? '') || clean(fileName.replace(/\.safetensors$/i, '')) || 'Imported weights'
}

function opened(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (error) {
    throw bad(`it cannot be read (${fileReason(error)})`)
  }
}

const cut = () => bad('it became shorter while it was being read')

// The reader's words are about checkpoints.
function worded<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof StudioError) || error.code !== 'damaged-checkpoint') throw error
    throw bad(/damaged: (.*?)\. An earlier/s.exec(error.message)?.[1] ?? error.message)
  }
}

/** reason: 'settings' where other settings, or another order of axes, may mend it. */
function bad(found: string, reason = ''): StudioError {
  return new StudioError('bad-input', `The weights cannot be imported: ${found}.`, {
    found,
    reason,
  })
}
