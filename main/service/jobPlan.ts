// What each kind of job does, and what can be said before it begins: its title, its run, and
// whatever refuses it at once.
import { realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { exportTitles, type ExportFormat } from '../../preload/contract/exports.ts'
import { runtimeTitles, type JobResult } from '../../preload/contract/jobs.ts'
import { checkDestination, destinationBehind } from '../exporters/destination.ts'
import { newMark } from '../exporters/scratch.ts'
import type { Scratch } from '../store/jobRows.ts'
import { checkpointsFor } from './checkpointChoice.ts'
import type { Context } from './context.ts'
import { keepForDownload } from './downloads.ts'
import { evaluateRun, type EvaluationRequest } from './evaluateRun.ts'
import { writeExport } from './exports.ts'
import type { ExportInput } from './exportSource.ts'
import { checkImport, importFile, type ImportInput } from './importFile.ts'
import { getRun } from './library.ts'
import { refusePart } from './runFiles.ts'
import { checkRecipe, installNative } from './system.ts'
import type { Task } from './task.ts'
import { findUpload, usingUpload } from './uploads.ts'

export type JobInput =
  | ({ kind: 'export'; path: string | null; force: boolean } & ExportInput)
  | ({ kind: 'import' } & ImportInput)
  | ({ kind: 'evaluate' } & EvaluationRequest)
  | { kind: 'runtime'; variant: 'cpu' | 'cuda' }

export interface Plan {
  title: string
  run: string | null
  /** What a kill may leave outside the data folder. */
  scratch: Scratch | null
  /** Leaves nothing when it fails or is cancelled. */
  work(task: Task): Promise<JobResult>
}

/**
 * Throws what can be known at once: `not-found`, `wrong-state`, `bad-input`, `damaged-checkpoint`,
 * `runtime-failed`.
 */
export function planJob(context: Context, input: JobInput): Promise<Plan> | Plan {
  switch (input.kind) {
    case 'export':
      return planExport(context, input)
    case 'import':
      return planImport(context, input)
    case 'evaluate':
      return planEvaluation(context, input)
    case 'runtime':
      return planRuntime(context, input.variant)
  }
}

/** As they stand in a sentence. */
const formatNames: Record<ExportFormat, string> = {
  ...exportTitles,
  html: 'a page',
  latent: 'a whole run',
}

async function planExport(
  context: Context,
  input: Extract<JobInput, { kind: 'export' }>,
): Promise<Plan> {
  const run = getRun(context, input.run)
  const { path, force, format } = input
  if (format === 'latent') refusePart(input)
  else checkpointsFor(context.store, run, input.checkpoint)
  const title = `Export ${run.name} as ${formatNames[format]}`
  if (path === null) {
    const work = async (task: Task): Promise<JobResult> => ({
      kind: 'export',
      report: await keepForDownload(context, { ...input, run: run.id }, run.name, task),
      path,
    })
    return { title, run: run.id, scratch: null, work }
  }
  const destination = destinationBehind(path, format)
  await checkDestination(destination, force, context.store.dataFolder)
  const mark = newMark()
  // one place has one name here, whatever links lead to it
  const place = join(await realpath(dirname(destination.path)), basename(destination.path))
  return {
    title,
    run: run.id,
    scratch: { path: place, mark },
    work: async (task) => ({
      kind: 'export',
      report: await writeExport(
        context,
        { ...input, run: run.id, force },
        { destination, mark },
        task,
      ),
      path: destination.path,
    }),
  }
}

async function planImport(context: Context, input: ImportInput): Promise<Plan> {
  const upload = findUpload(context, input.path)
  await checkImport(input)
  const name = upload?.name ?? basename(input.path)
  const work = async (task: Task): Promise<JobResult> => {
    const read = () => importFile(context, input, name, task)
    const { run, damaged } = await (upload ? usingUpload(context, upload, read) : read())
    return { kind: 'import', run: run.id, ...(damaged.length > 0 ? { damaged } : {}) }
  }
  return { title: `Import ${name}`, run: null, scratch: null, work }
}

function planEvaluation(context: Context, input: EvaluationRequest): Plan {
  const run = getRun(context, input.run)
  checkpointsFor(context.store, run, input.checkpoint)
  const work = async (task: Task): Promise<JobResult> => ({
    kind: 'evaluate',
    evaluation: await evaluateRun(context, { ...input, run: run.id }, task),
  })
  const samples = input.samples > 0 ? `, K = ${input.samples}` : ''
  return {
    title: `Evaluate ${run.name} on the ${input.split} split${samples}`,
    run: run.id,
    scratch: null,
    work,
  }
}

function planRuntime(context: Context, variant: 'cpu' | 'cuda'): Plan {
  checkRecipe(variant)
  return {
    title: runtimeTitles[variant],
    run: null,
    scratch: null,
    work: (task) => installNative(context, variant, task),
  }
}
