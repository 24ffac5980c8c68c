// A run that comes from a file: its rows are written in small pieces that nobody sees, since no run
// has their id yet; inserting the run itself publishes them all at once. A marker in its folder
// says that this has not happened yet, so that the next owner takes back what a killed import left.
import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Checkpoint, Run, Validation } from '../../preload/contract/records.ts'
import type { DamagedCheckpoint, ImportPiece } from '../importers/pieces.ts'
import { raisePyramid, readPoints, writePoints } from './blocks.ts'
import { insertCheckpoint } from './checkpointRows.ts'
import { addEvent } from './events.ts'
import { storeFailure } from './failure.ts'
import { insertFrame } from './frameRows.ts'
import { fromRow, toJson } from './numberJson.ts'
import { inTransaction, runFolder, withFullSync, type Store } from './open.ts'
import { insertRun, updateRun } from './runs.ts'
import { refreshSparkline } from './sparkline.ts'
import { sql } from './sql.ts'

/** Whether a file says that an import into its folder has not ended. */
export function isImportMarker(name: string): boolean {
  return /^\.importing\.[0-9a-f]{12}\.tmp$/.test(name)
}

/** Makes the run's folder, which must not exist yet, with the marker in it. */
export function beginImport(store: Store, id: string): { folder: string; marker: string } {
  const folder = runFolder(store, id)
  const marker = join(folder, `.importing.${randomBytes(6).toString('hex')}.tmp`)
  try {
    mkdirSync(folder)
    const file = openSync(marker, 'wx')
    fsyncSync(file)
    closeSync(file)
    return { folder, marker }
  } catch (error) {
    throw storeFailure(error, store.dataFolder)
  }
}

/** Stores a piece of a run that does not exist yet. */
export function storePiece(store: Store, id: string, piece: ImportPiece): void {
  // the foreign key asks for the run's row, which comes last; the setting cannot be changed inside
  // a transaction
  store.database.pragma('foreign_keys = OFF')
  try {
    inTransaction(store, () => writePiece(store, id, piece))
  } finally {
    store.database.pragma('foreign_keys = ON')
  }
}

function writePiece(store: Store, id: string, piece: ImportPiece): void {
  switch (piece.kind) {
    case 'metrics': {
      writePoints(store, id, 0, piece.firstStep - 1, piece.lanes)
      return raisePyramid(store, id, piece.firstStep, piece.firstStep + piece.lanes[0]!.length - 1)
    }
    case 'validations':
      for (const one of piece.list)
        sql(
          store,
          'INSERT INTO validations (run, step, total, validation) VALUES (?, ?, ?, ?)',
        ).run(id, one.step, one.total, toJson(one))
      return
    case 'events':
      for (const { at, step, kind, text } of piece.list)
        sql(store, 'INSERT INTO events (run, at, step, kind, text) VALUES (?, ?, ?, ?, ?)').run(
          id,
          at,
          step,
          kind,
          text,
        )
      return
    case 'frame':
      return insertFrame(store, id, piece.info, piece.encoding, piece.pixels)
  }
}

/**
 * Inserts the run and its checkpoints: from here on it exists. `origin` and each damaged checkpoint
 * become an event.
 */
export function publishImport(
  store: Store,
  run: Run,
  checkpoints: Checkpoint[],
  {
    metricSteps,
    origin,
    damaged,
  }: { metricSteps: number; origin: string; damaged: readonly DamagedCheckpoint[] },
): void {
  withFullSync(store, () => {
    insertRun(store, run)
    for (const checkpoint of checkpoints) insertCheckpoint(store, checkpoint)
    const [reconstruction, kl] =
      metricSteps > 0 ? readPoints(store, run.id, 0, metricSteps - 1, metricSteps) : []
    if (reconstruction && kl) {
      updateRun(store, run.id, {
        last: {
          reconstruction: reconstruction[0]!,
          kl: kl[0]!,
          total: reconstruction[0]! + kl[0]!,
        },
      })
      refreshSparkline(store, run.id, metricSteps)
    }
    const pick = (order: string, where = '') =>
      sql<{ validation: string }>(
        store,
        `SELECT validation FROM validations WHERE run = ? ${where} ORDER BY ${order} LIMIT 1`,
      ).get(run.id)
    const last = pick('step DESC')
    const best = pick('total, step', 'AND total IS NOT NULL')
    const parsed = (row: { validation: string } | undefined) =>
      row ? (fromRow(row.validation) as Validation) : null
    updateRun(store, run.id, { lastValidation: parsed(last), bestValidation: parsed(best) })
    addEvent(store, { run: run.id, at: Date.now(), step: run.step, kind: 'note', text: origin })
    for (const { step, why } of damaged) {
      const text = `The checkpoint of step ${step} in the file is damaged and was skipped: ${why}.`
      addEvent(store, { run: run.id, at: Date.now(), step, kind: 'checkpoint-damaged', text })
    }
  })
}

/** Takes back everything of an import that was not published. */
export function discardImport(store: Store, id: string): void {
  inTransaction(store, () => {
    for (const table of ['metrics', 'validations', 'events', 'checkpoints', 'frames'])
      sql(store, `DELETE FROM ${table} WHERE run = ?`).run(id)
  })
  rmSync(runFolder(store, id), { recursive: true, force: true })
}
