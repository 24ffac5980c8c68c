// latent export: encoder, decoder or whole model of a stored checkpoint in a format that other
// programs open.
import { StudioError } from '../../preload/contract/errors.ts'
import {
  exportEndings,
  exportFormats,
  exportParts,
  pagePrecisions,
  type ExportFormat,
  type ExportReport,
  type ExportTensor,
} from '../../preload/contract/exports.ts'
import { checkpointFlag, checkpointGiven, noteOlder } from './checkpoint.ts'
import { choiceGiven, nearest, type Call, type Command, type Flags } from './command.ts'
import { withJob } from './job.ts'
import { bytes, count, pairs } from './numbers.ts'
import { pathGiven } from './place.ts'
import { withSession } from './session.ts'

export const exportCommand: Command = {
  name: 'export',
  summary:
    'Export a model (ONNX, safetensors, NumPy, tfjs, SavedModel, Keras), an interactive page, or a complete run as one file.',
  about:
    'A path that ends in .onnx, .safetensors, .npz, .keras, .html or .latent is written as one file, with a model card next to it (such as model.onnx.MODEL_CARD.md). Any other path becomes a new folder. safetensors exports include load_in_pytorch.py and load_in_jax.py, which rebuild the network in PyTorch and JAX; keras files open with keras.saving.load_model. Weights are named encoder.0.weight, encoder.0.bias, ..., encoder.head.weight, decoder.0.weight, ..., decoder.out.bias. html is a single page that explores the model offline in any browser; latent is the complete run, for `latent import`.',
  arguments: [
    { name: 'RUN', required: true, help: 'Run id or its first characters, exact name, or "last".' },
  ],
  flags: [
    { name: 'out', value: 'PATH', help: 'New file or folder to write.' },
    {
      name: 'format',
      value: 'NAME',
      help: `One of ${exportFormats.join(', ')}. (from the ending of --out)`,
    },
    { name: 'part', value: 'NAME', help: `One of ${exportParts.join(', ')}. (model)` },
    checkpointFlag,
    {
      name: 'precision',
      value: 'NAME',
      help: 'html only: float32, or float16 for half the size. (float32)',
    },
    {
      name: 'force',
      help: 'Replace an existing file, or a folder that contains only an earlier export.',
    },
  ],
  examples: [
    'latent export last --out model.onnx',
    'latent export last --part decoder --checkpoint best --format tfjs --out web-decoder',
    'latent export last --format savedmodel --out saved --force',
    'latent export last --out explorer.html',
    'latent export last --out run.latent',
  ],
  run: (call: Call) =>
    withSession(call, async ({ client }) => {
      const { flags, terminal } = call
      const out = outGiven(flags)
      const path = pathGiven('--out', out)
      const question = {
        format: formatGiven(flags, out),
        part: choiceGiven(flags, 'part', exportParts, 'model'),
        checkpoint: checkpointStored(flags),
        precision: choiceGiven(flags, 'precision', pagePrecisions, 'float32'),
      }
      const run = await client.runs.get({ run: call.arguments[0]! })
      const job = {
        kind: 'export',
        run: run.id,
        ...question,
        path,
        force: flags.on('force'),
      } as const
      await withJob(client, terminal, job, async (result) => {
        const report = { ...result.report, path }
        await noteOlder(client, terminal, run.id, question.checkpoint, report.step)
        if (report.note) terminal.note(report.note)
        terminal.print(text(report))
        terminal.document(report)
      })
    }),
}

function outGiven(flags: Flags): string {
  const found = flags.text('out')
  if (!found)
    throw new StudioError(
      'bad-input',
      '--out: expected the path of a new file or folder, found nothing. For example: --out model.onnx.',
    )
  return found
}

function formatGiven(flags: Flags, out: string): ExportFormat {
  const found = flags.text('format')
  const named = exportFormats.find((format) => format === found)
  if (named) return named
  const ending = exportFormats.find(
    (format) =>
      exportEndings[format] !== undefined && out.toLowerCase().endsWith(exportEndings[format]),
  )
  if (found === undefined && ending) return ending
  const near = found === undefined ? undefined : nearest(found, exportFormats)
  throw new StudioError(
    'bad-input',
    `--format: expected one of ${exportFormats.join(', ')}, found ${found === undefined ? 'none, and --out has no known ending' : `"${found}"`}${near ? `; did you mean "${near}"?` : '.'}`,
  )
}

function checkpointStored(flags: Flags): 'last' | 'best' | number {
  const choice = checkpointGiven(flags)
  return choice === 'live' ? 'last' : choice
}

function text(report: ExportReport & { path: string }): string {
  const tensor = ({ name, shape, about }: ExportTensor): string =>
    `${name} [${shape.join(', ')}], ${about}`
  return [
    `${report.path}: ${report.part} at step ${count(report.step)} as ${report.format}, ${bytes(report.bytes)}`,
    pairs([
      ...report.files.map(({ name, bytes: size }): [string, string] => [
        'file',
        `${name}, ${bytes(size)}`,
      ]),
      ...report.inputs.map((one): [string, string] => ['input', tensor(one)]),
      ...report.outputs.map((one): [string, string] => ['output', tensor(one)]),
    ]),
  ].join('\n')
}
