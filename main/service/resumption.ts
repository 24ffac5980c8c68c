// From which checkpoint a run goes on: the newest whose file is there and has its hash. A damaged
// one is marked, said so in the run's events, and the one before is taken; with none left the run
// replays from its first step.
import { webcrypto } from 'node:crypto'
import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Checkpoint, Run } from '../../preload/contract/records.ts'
import { fileReason } from '../files/reason.ts'
import type { AvoidedRung } from '../host/protocol.ts'
import { markCheckpointUnusable, usableCheckpoints } from '../store/checkpointRows.ts'
import { storeFailure } from '../store/failure.ts'
import { runFolder } from '../store/open.ts'
import { updateRun } from '../store/runs.ts'
import type { Context } from './context.ts'
import { recordEnd } from './runRecorder.ts'
import { Trainer } from './trainerProcess.ts'

export type LocatedCheckpoint = Checkpoint & { path: string }

/**
 * The newest of `checkpoints` whose file is whole; the damaged ones before it are marked unusable.
 */
export async function firstWhole(
  context: Context,
  run: string,
  checkpoints: Checkpoint[],
): Promise<LocatedCheckpoint | null> {
  for (const checkpoint of checkpoints) {
    const path = join(runFolder(context.store, run), checkpoint.file)
    const problem = await fileProblem(path, checkpoint.sha256)
    if (problem === null) return { ...checkpoint, path }
    markDamaged(context, checkpoint, problem)
  }
  return null
}

export function markDamaged(context: Context, checkpoint: Checkpoint, why: string): void {
  markCheckpointUnusable(context.store, checkpoint.run, checkpoint.step, why, checkpoint.file)
  context.announcements.tell(checkpoint.run, 'checkpoint')
  context.announcements.tell(checkpoint.run, 'event')
}

// Files found whole, by path: an unchanged file is not read again for each question of a drag.
const whole = new Map<string, string>()

/** Why a checkpoint's file cannot be used, null when it can. */
async function fileProblem(path: string, sha256: string): Promise<string | null> {
  try {
    const { size, mtimeMs, ctimeMs, ino } = await stat(path)
    const identity = [sha256, size, mtimeMs, ctimeMs, ino].join(' ')
    if (whole.get(path) === identity) return null
    // in another thread: hashed here, megabytes would hold everybody up
    const found = Buffer.from(
      await webcrypto.subtle.digest('SHA-256', await readFile(path)),
    ).toString('hex')
    if (found !== sha256)
      return `expected sha256 ${sha256.slice(0, 12)}…, found ${found.slice(0, 12)}….`
    whole.set(path, identity)
    return null
  } catch (error) {
    return `its file cannot be read (${fileReason(error)}).`
  }
}

/** What earlier processes of the same start have found out. */
interface After {
  avoid: AvoidedRung[]
  paused: boolean
}

const first: After = { avoid: [], paused: false }

/**
 * Starts the run's trainer at its newest whole checkpoint, or at step 0. The run is `preparing`
 * when this returns.
 */
export async function launchTrainer(
  context: Context,
  run: Run,
  after: After = first,
): Promise<void> {
  // two that ask at once start one
  if (context.launching.has(run.id)) return
  context.launching.add(run.id)
  try {
    await mkdir(runFolder(context.store, run.id), { recursive: true })
    const checkpoint = await firstWhole(context, run.id, usableCheckpoints(context.store, run.id))
    if (context.closing)
      recordEnd(context, run.id, 'stopped', 'Latent Studio was closed. Resume the run to continue.')
    else startTrainer(context, run, checkpoint, after)
  } catch (thrown) {
    const error = storeFailure(thrown, context.store.dataFolder)
    updateRun(context.store, run.id, {
      status: 'failed',
      statusReason: error instanceof Error ? error.message : String(error),
    })
    throw error
  } finally {
    context.launching.delete(run.id)
    context.announcements.tell(run.id, 'run')
  }
}

function startTrainer(
  context: Context,
  run: Run,
  checkpoint: LocatedCheckpoint | null,
  after: After,
): void {
  const from = checkpoint ? `Starting from the checkpoint of step ${checkpoint.step}` : 'Starting'
  updateRun(context.store, run.id, { status: 'preparing', statusReason: from, endedAt: null })
  const trainer = new Trainer(context, {
    run,
    checkpoint,
    again: run.startedAt !== null,
    avoid: after.avoid,
    startPaused: after.paused,
    onRungFailed(failed, paused) {
      launchTrainer(context, run, { avoid: [...after.avoid, failed], paused }).catch(
        () => undefined,
      )
    },
    onDamaged(reason) {
      if (checkpoint) markDamaged(context, checkpoint, reason)
      // the run's row says what became of it
      launchTrainer(context, run).catch(() => undefined)
    },
  })
  context.trainers.set(run.id, trainer)
}
