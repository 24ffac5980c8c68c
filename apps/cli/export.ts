// latent export: encoder, decoder or whole model of a stored checkpoint in a format that other programs open.
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
import { checkpointFlag, checkpointGiven, noteDamaged } from './checkpoint.ts'
import { choiceGiven, nearest, type Call, type Command, type Flags } from './command.ts'
import { withJob } from './job.ts'
import { bytes, count, pairs } from './numbers.ts'
import { pathGiven } from './place.ts'
import { withSession } from './session.ts'

export const exportCommand: Command = {
  name: 'export',
  summary:
    'Write a model for other programs (ONNX, safetensors, NumPy, tfjs, SavedModel, Keras), as a page to explore, or a whole run as one file.',
  about:
    'A path with the ending of its format (.onnx, .safetensors, .npz, .keras, .html, .latent) is written as one file with its model card, MODEL_CARD.md after its own name, beside it; any other path becomes a new folder. safetensors come with load_in_pytorch.py and load_in_jax.py, which rebuild the network there; keras is what keras.saving.load_model opens. Weights are named encoder.0.weight, encoder.0.bias, ..., encoder.head.weight, decoder.0.weight, ..., decoder.out.bias. html is one page that explores the model in any browser without network; latent is the whole run, for `latent import`.',
  arguments: [{ name: 'RUN', required: true, help: 'Id, beginning of an id, exact name, or "last".' }],
  flags: [
    { name: 'out', value: 'PATH', help: 'Where to write: a new file or a new folder.' },
    { name: 'format', value: 'NAME', help: `${exportFormats.join(', ')}. (as the ending of --out says)` },
    { name: 'part', value: 'NAME', help: `${exportParts.join(', ')}. (model)` },
    checkpointFlag,
    { name: 'precision', value: 'NAME', help: 'html only: float32, or float16 for half the size. (float32)' },
    { name: 'force', help: 'Replace an existing file, or a folder that holds nothing but an earlier export.' },
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
      const job = { kind: 'export', run: run.id, ...question, path, force: flags.on('force') } as const
      await withJob(client, terminal, job, async (result) => {
        const report = { ...result.report, path }
        await noteDamaged(client, terminal, run.id, question.checkpoint, report.step)
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
      '--out: expected the path of a new file or folder, found nothing. Write for example --out model.onnx.',
    )
  return found
}

function formatGiven(flags: Flags, out: string): ExportFormat {
  const found = flags.text('format')
  const named = exportFormats.find((format) => format === found)
  if (named) return named
  const ending = exportFormats.find(
    (format) => exportEndings[format] !== undefined && out.toLowerCase().endsWith(exportEndings[format]),
  )
  if (found === undefined && ending) return ending
  const near = found === undefined ? undefined : nearest(found, exportFormats)
  throw new StudioError(
    'bad-input',
    `--format: expected one of ${exportFormats.join(', ')}, found ${found === undefined ? 'nothing, and no ending of --out that says it' : `"${found}"`}${near ? `; did you mean "${near}"?` : '.'}`,
  )
}

function checkpointStored(flags: Flags): 'last' | 'best' | number {
  const choice = checkpointGiven(flags)
  return choice === 'live' ? 'last' : choice
}

function text(report: ExportReport & { path: string }): string {
  const tensor = ({ name, shape, about }: ExportTensor): string => `${name} [${shape.join(', ')}], ${about}`
  return [
    `${report.path}: ${report.part} of step ${count(report.step)} as ${report.format}, ${bytes(report.bytes)}`,
    pairs([
      ...report.files.map(({ name, bytes: size }): [string, string] => ['file', `${name}, ${bytes(size)}`]),
      ...report.inputs.map((one): [string, string] => ['input', tensor(one)]),
      ...report.outputs.map((one): [string, string] => ['output', tensor(one)]),
    ]),
  ].join('\n')
}
