// One export as files in memory: the format's own, what helps to load it, and the model card.
import { StudioError } from '../../preload/contract/errors.ts'
import type { ExportFormat, ExportPart, PagePrecision } from '../../preload/contract/exports.ts'
import type { Progress } from '../../preload/contract/records.ts'
import { npzBytes } from '../files/npz.ts'
import type { BuiltExport } from './builtExport.ts'
import { modelCard } from './card.ts'
import { jaxScript } from './jax.ts'
import { kerasBytes } from './keras.ts'
import { loadModel, type ExportedModel, type ExportSource } from './exportedModel.ts'
import { onnxBytes } from './onnx.ts'
import { pytorchScript } from './pytorch.ts'
import { metadataOf, safetensorsBytes } from './safetensors.ts'
import { buildPage } from './page.ts'
import { savedModelBytes } from './savedmodel.ts'
import { signatureOf } from './signature.ts'
import { tfjsFiles } from './tfjs.ts'

export interface ExportQuestion {
  format: ExportFormat
  part: ExportPart
  /**
   * Name of the main file of formats that are one file, and of the card; see namesFor in
   * destination.ts.
   */
  names: { main: string; card: string | null }
  /** Of html only. */
  precision?: PagePrecision
}

/** Messages of protobuf end at 2 GiB; room is left for names. */
const largestProtobuf = 2 ** 31 - 2 ** 20

/** Throws `damaged-checkpoint`, `bad-input` for a model that the format cannot hold. */
export async function buildExport(
  source: ExportSource,
  question: ExportQuestion,
  progress: (now: Progress) => void = () => undefined,
): Promise<BuiltExport> {
  const model = await loadModel(source, question.part, (done, total) =>
    progress({ stage: 'Reading the checkpoint', done, total, unit: 'bytes' }),
  )
  progress({ stage: `Building ${question.names.main}`, done: 0, total: 0, unit: '' })
  if (question.format === 'html')
    return buildPage(model, question.names.main, question.precision ?? 'float32')
  return exportOf(model, question)
}

/** Formats that need nothing but the model. */
export function exportOf(model: ExportedModel, { format, names }: ExportQuestion): BuiltExport {
  if (format === 'html' || format === 'latent')
    throw new StudioError('internal', `${format} is not made here.`)
  if (format === 'onnx' || format === 'savedmodel') refuseLarge(model, format)
  const card = text(names.card ?? 'MODEL_CARD.md', modelCard(model, format, names.main))
  return { files: [card, ...filesOf(model, format, names.main)], ...signatureOf(model), note: '' }
}

type PlainFormat = Exclude<ExportFormat, 'html' | 'latent'>

function filesOf(
  model: ExportedModel,
  format: PlainFormat,
  main: string,
): { name: string; bytes: Uint8Array }[] {
  switch (format) {
    case 'onnx':
      return [{ name: main, bytes: onnxBytes(model) }]
    case 'safetensors':
      return [
        text('load_in_pytorch.py', pytorchScript),
        text('load_in_jax.py', jaxScript),
        { name: main, bytes: safetensorsBytes(model) },
      ]
    case 'npz':
      return [
        {
          name: main,
          bytes: npzBytes(model.parameters, { 'metadata.json': JSON.stringify(metadataOf(model)) }),
        },
      ]
    case 'tfjs': {
      const { json, weights } = tfjsFiles(model)
      return [
        { name: 'weights.bin', bytes: weights },
        { name: 'model.json', bytes: json },
      ]
    }
    case 'savedmodel':
      return [{ name: 'saved_model.pb', bytes: savedModelBytes(model) }]
    case 'keras':
      return [{ name: main, bytes: kerasBytes(model) }]
  }
}

function refuseLarge(model: ExportedModel, format: ExportFormat): void {
  const bytes = Object.values(model.parameters).reduce(
    (sum, { values }) => sum + values.byteLength,
    0,
  )
  if (bytes > largestProtobuf)
    throw new StudioError(
      'bad-input',
      `Expected a model of less than 2 GiB for ${format}, found ${bytes} bytes of weights. Export safetensors instead.`,
      { bytes },
    )
}

function text(name: string, content: string): { name: string; bytes: Uint8Array } {
  return { name, bytes: new TextEncoder().encode(content) }
}
