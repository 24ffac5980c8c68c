// What a trainer reports becomes rows, and only then an announcement. Metrics are acknowledged to
// the trainer once they are stored; it stays at most a few chunks ahead of that.
import type { Run, Stage } from '../../preload/contract/records.ts'
import type { FromHost } from '../host/protocol.ts'
import {
  addCheckpoint,
  addFrameWeights,
  forgetFrameWeights,
  removeCheckpoint,
  removeFiles,
  supersededCheckpoints,
} from '../store/checkpointRows.ts'
import { addFrame } from '../store/frameRows.ts'
import { appendMetrics, rewindMetrics, skipLostSteps } from '../store/metrics.ts'
import { inTransaction, withFullSync } from '../store/open.ts'
import { readRun, updateRun } from '../store/runs.ts'
import { addValidation } from '../store/validations.ts'
import { note, type Context } from './context.ts'

type Message<Kind extends FromHost['kind']> = Extract<FromHost, { kind: Kind }>

/**
 * The trainer is ready at a step: what it found out goes into the run's row, and later steps are
 * taken back.
 */
export function recordStarted(
  context: Context,
  run: string,
  message: Message<'started'>,
  again: boolean,
): void {
  const { store, announcements } = context
  const before = readRun(store, run)
  const { taken, files } = inTransaction(store, () => {
    const count = rewindMetrics(store, run, message.step)
    skipLostSteps(store, run, message.step)
    // a run that begins again draws the frame of step 0 again
    const stale = forgetFrameWeights(store, run, message.step === 0 ? -1 : message.step)
    updateRun(store, run, {
      status: 'running',
      statusReason: '',
      backend: message.backend,
      backendVersion: message.backendVersion,
      mode: message.mode,
      threads: message.threads,
      totalSteps: message.totalSteps,
      stepsPerEpoch: message.stepsPerEpoch,
      parameterCount: message.parameterCount,
      datasetHash: message.datasetHash,
      startedAt: before?.startedAt ?? Date.now(),
      endedAt: null,
      compileSeconds: (before?.compileSeconds ?? 0) + message.compileSeconds,
    })
    return { taken: count, files: stale }
  })
  void removeFiles(store, run, files)
  if (files.length > 0) announcements.tell(run, 'checkpoint')
  if (taken > 0) announcements.tell(run, 'event')
  if ((before?.step ?? 0) > message.step || taken > 0)
    announcements.tell(run, 'rewound', message.step)
  const where = `on ${message.backend} (${message.backendVersion}), ${message.mode}${message.note ? ` (${message.note.replace(/\.$/, '')})` : ''}${preparedIn(message.stages ?? [])}`
  if (again)
    note(context, run, 'resumed', message.step, `Continued from step ${message.step} ${where}`)
  else note(context, run, 'started', message.step, `Started ${where}`)
  announcements.tell(run, 'run')
}

// ". Prepared in 1.4 s: loading TensorFlow 0.3 s, ...", the stages that take no tenth of a second
// left out.
function preparedIn(stages: Stage[]): string {
  const seconds = (value: number) => `${value.toFixed(1)} s`
  const total = stages.reduce((sum, stage) => sum + (stage.seconds ?? 0), 0)
  const long = stages
    .filter((stage) => (stage.seconds ?? 0) >= 0.05)
    .map((stage) => `${stage.text} ${seconds(stage.seconds ?? 0)}`)
  return long.length === 0 ? '' : `. Prepared in ${seconds(total)}: ${long.join(', ')}.`
}

/** One transaction for a chunk of steps; returns the last step that is now stored. */
export function recordMetrics(context: Context, run: string, message: Message<'metrics'>): number {
  const { store, announcements } = context
  inTransaction(store, () => {
    appendMetrics(store, run, message.firstStep, message.columns)
    const seconds = readRun(store, run)?.trainSeconds ?? 0
    updateRun(store, run, {
      trainSeconds: seconds + message.seconds,
      imagesPerSecond: message.imagesPerSecond,
    })
  })
  announcements.tell(run, 'metrics')
  return message.firstStep + message.count - 1
}

export function recordValidation(
  context: Context,
  run: string,
  message: Message<'validation'>,
): void {
  addValidation(context.store, run, message.validation)
  context.announcements.tell(run, 'validation')
  context.announcements.tell(run, 'run')
}

export function recordFrame(context: Context, run: string, message: Message<'frame'>): void {
  addFrame(context.store, run, message)
  context.announcements.tell(run, 'frame')
}

/** The file is complete on disk: now its row, and then the checkpoints that it replaces may go. */
export function recordCheckpoint(context: Context, run: Run, message: Message<'checkpoint'>): void {
  const { step, reason, file, sha256, bytes, validationTotal } = message
  const { backend, mode } = readRun(context.store, run.id) ?? run
  if (!backend || !mode) return
  const add = reason === 'frame' ? addFrameWeights : addCheckpoint
  add(context.store, {
    run: run.id,
    step,
    reason,
    file,
    sha256,
    bytes,
    createdAt: Date.now(),
    backend,
    mode,
    validationTotal,
    usable: true,
  })
  if (reason !== 'frame')
    for (const old of supersededCheckpoints(context.store, run.id))
      removeCheckpoint(context.store, old)
  context.announcements.tell(run.id, 'checkpoint')
}

/** The trainer paused or goes on. */
export function recordState(context: Context, run: string, message: Message<'state'>): void {
  const before = readRun(context.store, run)?.status
  updateRun(context.store, run, { status: message.state, statusReason: '' })
  if (message.state === 'paused' && before !== 'paused')
    note(context, run, 'paused', message.step, `Paused at step ${message.step}.`)
  if (message.state === 'running' && before === 'paused')
    note(context, run, 'resumed', message.step, `Continued from step ${message.step}.`)
  context.announcements.tell(run, 'run')
}

/** The end of training, whichever: its row is on the disk itself before anybody hears of it. */
export function recordEnd(
  context: Context,
  run: string,
  status: 'finished' | 'stopped' | 'diverged' | 'failed' | 'interrupted',
  reason: string,
): void {
  const step = withFullSync(context.store, () =>
    updateRun(context.store, run, { status, statusReason: reason, endedAt: Date.now() }),
  ).step
  const texts = {
    finished: 'Finished',
    stopped: 'Stopped',
    diverged: 'Diverged',
    failed: 'Failed',
    interrupted: 'Interrupted',
  }
  note(
    context,
    run,
    status,
    step,
    `${texts[status]} at step ${step}${reason ? `: ${reason}` : '.'}`,
  )
  context.announcements.tell(run, 'run')
}
