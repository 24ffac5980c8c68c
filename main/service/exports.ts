// Exports of stored checkpoints: which weights are meant is decided here, the files are built in a
// thread of their own and written to a path on this machine. A run that is training gives its last
// stored checkpoint.
import { StudioError } from '../../preload/contract/errors.ts'
import {
  downloadName,
  exportEndings,
  loneFormats,
  type ExportReport,
} from '../../preload/contract/exports.ts'
import { liveStatuses, type Run } from '../../preload/contract/records.ts'
import type { BuiltExport } from '../exporters/builtExport.ts'
import type { ExportQuestion } from '../exporters/buildExport.ts'
import {
  checkDestination,
  destinationOf,
  writeDestination,
  type Destination,
} from '../exporters/destination.ts'
import type { ExportSource } from '../exporters/exportedModel.ts'
import {
  buildInThread,
  keepInThread,
  type Asked,
  type KeptExport,
} from '../exporters/exportThread.ts'
import { diskLayer, watchedLayer } from '../files/atomic.ts'
import type { Context } from './context.ts'
import type { Task } from './task.ts'
import { sourceOf, type ExportInput, type Place } from './exportSource.ts'
import { withStored } from './latentRequests.ts'
import { getRun } from './library.ts'
import { runFile, writeRun } from './runFiles.ts'

/** Previews at a time at most: each builds the export in a thread of its own. */
const mostPreviews = 8
let previews = 0

/**
 * What an export would write. Throws as writeExport, but for the path; `busy` when too many are
 * asked for at once.
 */
export async function previewExport(
  context: Context,
  input: ExportInput,
  signal: AbortSignal | undefined,
): Promise<ExportReport> {
  const anywhere = destinationOf(
    loneFormats.includes(input.format) ? `/model${exportEndings[input.format]}` : '/model',
    input.format,
  )
  if (previews >= mostPreviews)
    throw new StudioError(
      'busy',
      `Expected at most ${mostPreviews} previews at a time, found ${previews}. Try again when one has finished.`,
    )
  previews += 1
  try {
    const { report } =
      input.format === 'latent'
        ? await runFile(context, input, anywhere, null, { cancel: signal })
        : await build(context, input, anywhere, { cancel: signal })
    return namedAsDownload(context, report)
  } finally {
    previews -= 1
  }
}

/** A format that is one file has the name under which it is saved where nobody names it. */
export function namedAsDownload(context: Context, report: ExportReport): ExportReport {
  const { run, step, part, format, files } = report
  if (!loneFormats.includes(format) || files.length !== 1) return report
  return {
    ...report,
    files: [{ ...files[0]!, name: downloadName(getRun(context, run).name, step, part, format) }],
  }
}

/**
 * Throws `not-found`, `wrong-state`, `damaged-checkpoint`, `bad-input` for the path, `cancelled`;
 * then nothing is left.
 */
export async function writeExport(
  context: Context,
  input: ExportInput & { force: boolean },
  place: Place,
  task: Task,
): Promise<ExportReport> {
  if (input.format === 'latent') return writeRun(context, input, place, task)
  const { destination, mark } = place
  const { built, report } = await build(context, input, destination, task)
  task.cancel.throwIfAborted()
  // looked at again: building takes a while
  await checkDestination(destination, input.force, context.store.dataFolder)
  const stage = `Writing ${destination.names.main}`
  const layer = watchedLayer(diskLayer, task.cancel, (done) =>
    task.progress({ stage, done, total: report.bytes, unit: 'bytes' }),
  )
  await writeDestination(destination, built.files, input.force, { mark, layer })
  return report
}

/** Makes an export in one file at `path`, in place of what is there. Throws as writeExport. */
export async function keepBuilt(
  context: Context,
  input: ExportInput,
  destination: Destination,
  path: string,
  task: Task,
): Promise<ExportReport> {
  const place = { path, asZip: destination.kind === 'folder' }
  const { files, ...rest } = await made(context, input, destination, (source, question) =>
    keepInThread(source, question, place, task),
  )
  return reportOf(context, input, { ...rest, files })
}

async function build(
  context: Context,
  input: ExportInput,
  destination: Destination,
  asked: Asked,
): Promise<{ built: BuiltExport; report: ExportReport }> {
  const built = await made(context, input, destination, (source, question) =>
    buildInThread(source, question, asked),
  )
  const files = built.files.map(({ name, bytes }) => ({ name, bytes: bytes.byteLength }))
  return { built, report: reportOf(context, input, { ...built, files }) }
}

/**
 * Has the export made by `make`, from the checkpoint that was asked for or, where that is damaged,
 * the one before.
 */
async function made<Made>(
  context: Context,
  { run: reference, format, part, precision, checkpoint }: ExportInput,
  { names }: Destination,
  make: (source: ExportSource, question: ExportQuestion) => Promise<Made>,
): Promise<Made & { run: string; step: number }> {
  const run = getRun(context, reference)
  return withStored(context, run, checkpoint, async (stored) => ({
    ...(await make(sourceOf(context, run, stored), { format, part, names, precision })),
    run: run.id,
    step: stored.step,
  }))
}

function reportOf(
  context: Context,
  { format, part }: ExportInput,
  { run, step, files, inputs, outputs, note }: KeptExport & { run: string; step: number },
): ExportReport {
  return {
    ...{ run, step, format, part, files, inputs, outputs },
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    note: [noteOf(getRun(context, run), step), note].filter(Boolean).join(' '),
  }
}

export function noteOf(run: Run, step: number): string {
  if (!liveStatuses.includes(run.status)) return ''
  return `"${run.name}" is ${run.status} at step ${run.step}; this is its checkpoint at step ${step}.`
}
