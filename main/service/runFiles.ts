// Whole runs as .latent files, written by the exporter's thread from its own connection to the
// store.
import { rm } from 'node:fs/promises'
import { StudioError } from '../../preload/contract/errors.ts'
import type { ExportReport } from '../../preload/contract/exports.ts'
import { liveStatuses, type Run } from '../../preload/contract/records.ts'
import {
  checkDestination,
  publish,
  temporaryOf,
  type Destination,
} from '../exporters/destination.ts'
import { runFileInThread, type Asked } from '../exporters/exportThread.ts'
import type { RunFileFigures } from '../exporters/writeRunFile.ts'
import { usableCheckpoints } from '../store/checkpointRows.ts'
import type { Context } from './context.ts'
import { sourceOf, type ExportInput, type Place } from './exportSource.ts'
import type { Task } from './task.ts'
import { getRun } from './library.ts'
import { firstWhole } from './resumption.ts'
import { version } from './system.ts'

/**
 * Throws `not-found`, `bad-input` for a part, a checkpoint or the path, `cancelled`; then nothing
 * is left.
 */
export async function writeRun(
  context: Context,
  input: ExportInput & { force: boolean },
  { destination, mark }: Place,
  { progress, cancel }: Task,
): Promise<ExportReport> {
  const temporary = temporaryOf(destination, mark)
  try {
    const { report } = await runFile(context, input, destination, temporary, { progress, cancel })
    cancel.throwIfAborted()
    // looked at again: writing takes a while
    await checkDestination(destination, input.force, context.store.dataFolder)
    await publish(temporary, destination)
    return report
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw error
  }
}

/** Throws `bad-input` for a part or a checkpoint: a whole run has all. */
export function refusePart({ part, checkpoint }: Pick<ExportInput, 'part' | 'checkpoint'>): void {
  if (part === 'model' && checkpoint === 'last') return
  throw new StudioError(
    'bad-input',
    'Expected a .latent export without --part or --checkpoint, because the file holds the complete run. Leave them out, or choose another format.',
  )
}

/** Writes a run's file to `path`, or with null only says what it would be. */
export async function runFile(
  context: Context,
  input: ExportInput,
  { names }: Destination,
  path: string | null,
  asked: Asked,
): Promise<{ report: ExportReport }> {
  const run = getRun(context, input.run)
  refusePart(input)
  const live = liveStatuses.includes(run.status)
  const newest = await firstWhole(context, run.id, usableCheckpoints(context.store, run.id))
  const source =
    newest &&
    sourceOf(context, run, { ...newest, run: run.id, file: newest.path, config: run.config })
  const question = {
    dataFolder: context.store.dataFolder,
    run: run.id,
    live,
    source,
    program: `Latent Studio ${version}`,
    path,
  }
  const { bytes, ...figures } = await runFileInThread(question, names.main, asked)
  const { step } = figures
  const files = [{ name: names.main, bytes }]
  const note = noteOf(run, live, figures)
  return {
    report: {
      run: run.id,
      step,
      format: 'latent',
      part: 'model',
      files,
      bytes,
      inputs: [],
      outputs: [],
      note,
    },
  }
}

function noteOf(
  run: Run,
  live: boolean,
  { step, checkpoints, left, lostSteps, lostFrames }: RunFileFigures,
): string {
  const notes = []
  if (live)
    notes.push(
      `"${run.name}" is ${run.status} at step ${run.step}; the file contains the run up to its last checkpoint, step ${step}.`,
    )
  if (left > 0)
    notes.push(`${left} checkpoint${left === 1 ? ' is' : 's are'} missing or damaged and left out.`)
  if (lostSteps > 0)
    notes.push(`${lostSteps} steps are damaged in the database and have no values in the file.`)
  if (lostFrames > 0)
    notes.push(`${lostFrames} frame${lostFrames === 1 ? ' is' : 's are'} damaged and left out.`)
  if (checkpoints === 0) notes.push('It has no checkpoint yet; the imported run starts at step 0.')
  return notes.join(' ')
}
