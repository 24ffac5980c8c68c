// The runs as they are kept: reading, naming, the trash. What is read passes through `truthful`, so
// that a row which could not be updated (a full disk) is never shown as running without a process
// behind it.
import { StudioError } from '../../preload/contract/errors.ts'
import { maxAnswerBytes } from '../../preload/contract/latent.ts'
import {
  liveStatuses,
  metricColumns,
  type Frame,
  type MetricsSeries,
  type Run,
  type RunSummary,
} from '../../preload/contract/records.ts'
import { readFrame } from '../store/frameRows.ts'
import { findRun, readRunSummary, updateRun } from '../store/runs.ts'
import { note, type Context } from './context.ts'
import { launched, stopRun } from './control.ts'

/** The run of a reference (id, beginning of an id, name, "last"). Throws `not-found`. */
export function getRun(context: Context, reference: string): Run {
  return truthful(context, findRun(context.store, reference))
}

export function getSummary(context: Context, id: string): RunSummary | null {
  const summary = readRunSummary(context.store, id)
  return summary && truthful(context, summary)
}

/** Newest first; `deleted` chooses the trash. */
export async function getRuns(context: Context, deleted: boolean): Promise<RunSummary[]> {
  const runs = await context.reader.listRuns({ deleted })
  return runs.map((run) => truthful(context, run))
}

function truthful<R extends Run>(context: Context, run: R): R {
  // what another user's program is doing is not known here
  if (context.store.readOnly) return run
  const trainer = context.trainers.get(run.id)
  if (run.status === 'preparing' && trainer) return { ...run, preparation: trainer.preparation }
  if (!liveStatuses.includes(run.status) || trainer || context.launching.has(run.id)) return run
  return {
    ...run,
    status: 'interrupted',
    statusReason:
      'The training process ended and its last state could not be stored. Check whether the disk is full, free some space, then resume the run.',
  }
}

export function renameRun(context: Context, reference: string, name: string): Run {
  const before = findRun(context.store, reference)
  return changed(
    context,
    before,
    { name },
    'renamed',
    `Renamed from "${before.name}" to "${name}".`,
  )
}

export function noteRun(context: Context, reference: string, notes: string): Run {
  const before = findRun(context.store, reference)
  if (before.notes === notes) return getRun(context, before.id)
  return changed(
    context,
    before,
    { notes },
    'note',
    notes === '' ? 'Notes cleared.' : 'Notes changed.',
  )
}

/** Into the trash; a live run is stopped first, with a checkpoint. */
export async function removeRun(context: Context, reference: string): Promise<Run> {
  const before = findRun(context.store, reference)
  if (before.deletedAt !== null) return before
  await launched(context, before.id)
  if (context.trainers.has(before.id)) await stopRun(context, before.id)
  return changed(context, before, { deletedAt: Date.now() }, 'deleted', 'Moved to the trash.')
}

export function restoreRun(context: Context, reference: string): Run {
  const before = findRun(context.store, reference)
  if (before.deletedAt === null)
    throw new StudioError(
      'wrong-state',
      `Expected a run in the trash, found "${before.name}", which is not in the trash. Nothing needs to be done.`,
      { run: before.id },
    )
  return changed(context, before, { deletedAt: null }, 'restored', 'Restored from the trash.')
}

function changed(
  context: Context,
  before: Run,
  changes: Partial<Run>,
  kind: 'renamed' | 'note' | 'deleted' | 'restored',
  text: string,
): Run {
  updateRun(context.store, before.id, changes)
  note(context, before.id, kind, before.step, text)
  context.announcements.tell(before.id, 'run')
  return getRun(context, before.id)
}

/** As asked, in fewer points where they would make an answer over the limit. */
export async function getMetrics(
  context: Context,
  input: { run: string; fromStep: number; toStep?: number | undefined; points: number },
): Promise<MetricsSeries> {
  const { id, step } = findRun(context.store, input.run)
  const { fromStep, toStep } = input
  // every step has a float32 a column; a point of several steps has minimum, maximum and mean of
  // each
  const everyStep = Math.min(step, toStep ?? step) - fromStep + 1 <= input.points
  const points = everyStep
    ? input.points
    : Math.min(input.points, Math.floor(maxAnswerBytes / (metricColumns.length * 3 * 4)))
  const { data, ...series } = await context.reader.readMetrics(id, { fromStep, toStep, points })
  return { ...series, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) }
}

export function getFrame(context: Context, reference: string, step: number | undefined): Frame {
  const { pixels, ...info } = readFrame(context.store, findRun(context.store, reference).id, step)
  return { ...info, pixels }
}
