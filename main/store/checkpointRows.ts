// Rows of checkpoints, and of the weights that frames keep (reason `frame`). A file is complete
// under its name before its row is written, and a row goes before its file.
import { rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'
import type { Checkpoint, CheckpointReason, StoredReason } from '../../preload/contract/records.ts'
import { addEvent } from './events.ts'
import { storeFailure } from './failure.ts'
import { inTransaction, runFolder, withFullSync, type Store } from './open.ts'
import { sql } from './sql.ts'

/** A checkpoint that training can go on from. */
export type TrainingCheckpoint = Checkpoint & { reason: CheckpointReason }

type Row = Omit<Checkpoint, 'usable'> & { usable: number }

const columns = [
  ...(['run', 'step', 'reason', 'file', 'sha256', 'bytes'] as const),
  ...(['createdAt', 'backend', 'mode', 'validationTotal', 'usable'] as const),
]
const insert = `INSERT OR REPLACE INTO checkpoints (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`
const selected = `SELECT ${columns.join(', ')} FROM checkpoints`

/**
 * Registers a file that lies complete in the run's folder; it is on the disk when this returns.
 * Same run, step and reason: in place of the old row.
 */
export function addCheckpoint(store: Store, checkpoint: Checkpoint): void {
  withFullSync(store, () => insertCheckpoint(store, checkpoint))
}

/** As addCheckpoint, inside the transaction of the caller. */
export function insertCheckpoint(store: Store, checkpoint: Checkpoint): void {
  const { file } = checkpoint
  if (file !== basename(file) || file === '' || file === '.' || file === '..')
    throw new StudioError(
      'bad-input',
      `Expected the name of a checkpoint file without folders, found "${file}".`,
    )
  const values = { ...checkpoint, usable: checkpoint.usable ? 1 : 0 }
  sql(store, insert).run(...columns.map((column) => values[column]))
}

/**
 * As addCheckpoint, for the weights of a frame: a power loss may take its row, as it may take the
 * frame itself.
 */
export function addFrameWeights(store: Store, checkpoint: Checkpoint): void {
  inTransaction(store, () => insertCheckpoint(store, checkpoint))
}

/**
 * A run's checkpoints and weights of frames, first step first; those of one step in the order in
 * which they were made.
 */
export function listCheckpoints(store: Store, run: string): Checkpoint[] {
  return sql<Row>(store, `${selected} WHERE run = ? ORDER BY step, rowid`)
    .all(run)
    .map(asCheckpoint)
}

/**
 * Checkpoints that training can go on from, those not found missing or damaged, newest step first.
 */
export function usableCheckpoints(store: Store, run: string): TrainingCheckpoint[] {
  const rows = sql<Row>(
    store,
    `${selected} WHERE run = ? AND usable = 1 AND reason <> 'frame' ORDER BY step DESC, rowid DESC`,
  ).all(run)
  return rows.map((row) => asCheckpoint(row) as TrainingCheckpoint)
}

/** All weights of a step that can be looked at, whole checkpoints before those of a frame. */
export function usableWeights(store: Store, run: string, step: number): Checkpoint[] {
  return sql<Row>(
    store,
    `${selected} WHERE run = ? AND step = ? AND usable = 1 ORDER BY reason = 'frame', rowid DESC`,
  )
    .all(run, step)
    .map(asCheckpoint)
}

/** Steps whose weights can be looked at, ascending. */
export function stepsWithWeights(store: Store, run: string): number[] {
  return sql<{ step: number }>(
    store,
    'SELECT DISTINCT step FROM checkpoints WHERE run = ? AND usable = 1 ORDER BY step',
  )
    .all(run)
    .map(({ step }) => step)
}

/**
 * Takes back the weights of frames after a step, inside the transaction of the caller; their files
 * are for `removeFiles`.
 */
export function forgetFrameWeights(store: Store, run: string, step: number): string[] {
  return sql<{ file: string }>(
    store,
    "DELETE FROM checkpoints WHERE run = ? AND step > ? AND reason = 'frame' RETURNING file",
  )
    .all(run, step)
    .map(({ file }) => file)
}

/**
 * Removes files that no row names any more; what cannot be removed now is an orphan, which the next
 * owner removes.
 */
export async function removeFiles(
  store: Store,
  run: string,
  files: readonly string[],
): Promise<void> {
  await Promise.allSettled(
    files.map((file) => rm(join(runFolder(store, run), file), { force: true })),
  )
}

/**
 * Marks the rows of a step (only those of `file`, when given) and says why in the event
 * `checkpoint-damaged`.
 */
export function markCheckpointUnusable(
  store: Store,
  run: string,
  step: number,
  why: string,
  file: string | null = null,
): void {
  inTransaction(store, () => {
    const { changes } = sql(
      store,
      'UPDATE checkpoints SET usable = 0 WHERE run = ? AND step = ? AND usable = 1 AND (? IS NULL OR file = ?)',
    ).run(run, step, file, file)
    if (changes > 0)
      addEvent(store, {
        run,
        at: Date.now(),
        step,
        kind: 'checkpoint-damaged',
        text: `The checkpoint of step ${step} cannot be used: ${why}`,
      })
  })
}

/**
 * How many of the newest usable checkpoints of a reason are kept; those that a person asked for all
 * stay.
 */
const keptOf: Partial<Record<StoredReason, number>> = { interval: 2, best: 1 }

/**
 * Usable checkpoints that newer ones replace: `interval` beyond the newest two, `best` beyond the
 * newest.
 */
export function supersededCheckpoints(store: Store, run: string): Checkpoint[] {
  const usable = usableCheckpoints(store, run)
  return Object.entries(keptOf).flatMap(([reason, kept]) =>
    usable.filter((checkpoint) => checkpoint.reason === reason).slice(kept),
  )
}

/**
 * Removes a checkpoint's row, then its file unless another row (best and interval of one step) has
 * the same one.
 */
export function removeCheckpoint(store: Store, checkpoint: Checkpoint): void {
  const { run, step, reason, file } = checkpoint
  sql(store, 'DELETE FROM checkpoints WHERE run = ? AND step = ? AND reason = ?').run(
    run,
    step,
    reason,
  )
  if (sql(store, 'SELECT 1 FROM checkpoints WHERE run = ? AND file = ?').get(run, file)) return
  try {
    // A kill before this line leaves an orphan, which the next owner removes.
    rmSync(join(runFolder(store, run), file), { force: true })
  } catch (error) {
    throw storeFailure(error, store.dataFolder)
  }
}

function asCheckpoint(row: Row): Checkpoint {
  return { ...row, usable: row.usable === 1 }
}
