// What a new owner puts in order after a predecessor that may have been killed: runs and jobs that
// claim to be alive, files without a row, rows without a file.
import { readdirSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { liveStatuses, type Checkpoint } from '../../preload/contract/records.ts'
import { isTemporaryName } from '../files/atomic.ts'
import { listCheckpoints, markCheckpointUnusable, usableCheckpoints } from './checkpointRows.ts'
import { addEvent } from './events.ts'
import { storeFailure } from './failure.ts'
import { discardImport, isImportMarker } from './importedRuns.ts'
import { interruptJobs } from './jobRows.ts'
import { lastMetricStep } from './metrics.ts'
import { withFullSync, type Store } from './open.ts'
import { readRun, updateRun } from './runs.ts'
import { sql } from './sql.ts'

export interface Recovery {
  /** Ids of runs that were preparing, running or paused. */
  interrupted: string[]
  /** Ids of jobs that were running. */
  jobs: string[]
  /** Removed files, from the data folder. */
  orphans: string[]
  /** Checkpoints whose file is gone or has another size; their rows are marked. */
  missing: { run: string; step: number; file: string; why: string }[]
}

/** Puts the store in order; only its new owner may. Throws StudioError `store-failed`. */
export function recover(store: Store): Recovery {
  try {
    const orphans = removeOrphans(store)
    const missing = markMissing(store)
    return {
      interrupted: interruptLive(store),
      jobs: interruptJobs(store, Date.now()),
      orphans,
      missing,
    }
  } catch (error) {
    throw storeFailure(error, store.dataFolder)
  }
}

function interruptLive(store: Store): string[] {
  const marks = liveStatuses.map(() => '?').join(', ')
  const ids = sql<{ id: string }>(
    store,
    `SELECT id FROM runs WHERE status IN (${marks}) ORDER BY rowid`,
  )
    .all(...liveStatuses)
    .map((row) => row.id)
  for (const id of ids) withFullSync(store, () => interrupt(store, id))
  return ids
}

function interrupt(store: Store, id: string): void {
  const step = lastMetricStep(store, id)
  const checkpoint = usableCheckpoints(store, id)[0]
  const from = checkpoint
    ? `It can resume from step ${checkpoint.step}.`
    : 'It has no checkpoint yet and can start again.'
  const text = `The program ended while this run was ${readRun(store, id)!.status}, at step ${step}. ${from}`
  updateRun(store, id, { status: 'interrupted', statusReason: text, step, endedAt: Date.now() })
  addEvent(store, { run: id, at: Date.now(), step, kind: 'interrupted', text })
}

function markMissing(store: Store): Recovery['missing'] {
  const missing: Recovery['missing'] = []
  for (const checkpoint of sql<Checkpoint>(
    store,
    'SELECT run, step, file, bytes FROM checkpoints WHERE usable = 1 GROUP BY run, step, file',
  ).all()) {
    const { run, step, file, bytes } = checkpoint
    const found = statSync(join(store.dataFolder, 'runs', run, file), { throwIfNoEntry: false })
    if (found?.isFile() && found.size === bytes) continue
    const why = found
      ? `${file} should have ${bytes} bytes and has ${found.size}.`
      : `${file} is gone.`
    markCheckpointUnusable(store, run, step, why, file)
    missing.push({ run, step, file, why })
  }
  return missing
}

// Only what we write ourselves is removed: temporary files, checkpoint files without a row in
// folders of runs that the database knows, imports that did not end, empty folders. Checkpoints of
// a run that it does not know are all that is left when somebody moved a damaged database away:
// they stay. So does what a repair could not read (`.unused`).
function removeOrphans(store: Store): string[] {
  const orphans: string[] = []
  const root = join(store.dataFolder, 'runs')
  for (const entry of readdirSync(store.dataFolder, { withFileTypes: true })) {
    if (!entry.isFile() || !isTemporaryName(entry.name)) continue
    rmSync(join(store.dataFolder, entry.name))
    orphans.push(entry.name)
  }
  for (const folder of readdirSync(root, { withFileTypes: true })) {
    if (!folder.isDirectory()) continue
    const isKnown = readRun(store, folder.name) !== null
    const known = new Set(listCheckpoints(store, folder.name).map((checkpoint) => checkpoint.file))
    const entries = readdirSync(join(root, folder.name), { withFileTypes: true })
    if (!isKnown && entries.some(({ name }) => isImportMarker(name))) {
      discardImport(store, folder.name)
      orphans.push(join('runs', folder.name))
      continue
    }
    const gone = entries.filter(
      (entry) =>
        entry.isFile() &&
        !known.has(entry.name) &&
        (isTemporaryName(entry.name) || (isKnown && entry.name.endsWith('.safetensors'))),
    )
    for (const { name } of gone) rmSync(join(root, folder.name, name))
    orphans.push(...gone.map(({ name }) => join('runs', folder.name, name)))
    if (gone.length === entries.length && !isKnown) rmdirSync(join(root, folder.name))
  }
  return orphans
}
