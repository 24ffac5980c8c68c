// The runs' own rows: insert, find, list, change, delete. Numbers that are not finite survive the
// JSON columns.
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { StudioError } from '../../preload/contract/errors.ts'
import type { Run, RunSummary } from '../../preload/contract/records.ts'
import { fromRow, toJson } from './numberJson.ts'
import { inTransaction, runFolder, type Store } from './open.ts'
import { nearMisses } from './reference.ts'
import { sparklineOf } from './sparkline.ts'
import { sql } from './sql.ts'

const columns = [
  'id',
  'name',
  'model',
  'status',
  'statusReason',
  'config',
  'preset',
  'step',
  'totalSteps',
  'stepsPerEpoch',
  'parameterCount',
  'createdAt',
  'startedAt',
  'endedAt',
  'trainSeconds',
  'compileSeconds',
  'imagesPerSecond',
  'backend',
  'mode',
  'threads',
  'backendVersion',
  'datasetHash',
  'last',
  'lastValidation',
  'bestValidation',
  'colour',
  'notes',
  'deletedAt',
] as const satisfies (keyof Run)[]
const jsonColumns = new Set<string>([
  'config',
  'last',
  'lastValidation',
  'bestValidation',
] satisfies (keyof Run)[])
const selected = columns.map((column) => `runs.${column}`).join(', ')
const summaries = `SELECT ${selected}, runs.sparkline, runs.rowid AS "order", (SELECT max(frames.step) FROM frames WHERE frames.run = runs.id) AS frameStep FROM runs`

type Row = Record<string, unknown>

/** Colours of the palette that runs take in turn. */
const paletteSize = 10

/** A short random id; its beginning is enough to name a run. */
/** What a run holds before it has trained. */
export const untrained = {
  startedAt: null,
  endedAt: null,
  trainSeconds: 0,
  compileSeconds: 0,
  imagesPerSecond: 0,
  backend: null,
  mode: null,
  threads: null,
  backendVersion: '',
  datasetHash: '',
  last: null,
  lastValidation: null,
  bestValidation: null,
  notes: '',
  deletedAt: null,
} satisfies Partial<Run>

export function newRunId(): string {
  // 32 letters and digits that are not mistaken for one another: 10 of them are 50 random bits.
  const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789'
  return Array.from(randomBytes(10), (byte) => alphabet[byte % 32]).join('')
}

/** Whether a text looks like one of our ids; whose, if anybody's, it does not say. */
export function isRunId(text: string): boolean {
  return /^[a-z2-9]{10}$/.test(text)
}

/** Throws StudioError `store-failed`. */
export function insertRun(store: Store, run: Run): void {
  sql(
    store,
    `INSERT INTO runs (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  ).run(...columns.map((column) => stored(column, run[column])))
}

export function readRun(store: Store, id: string): Run | null {
  const row = sql<Row>(store, `SELECT ${selected} FROM runs WHERE id = ?`).get(id)
  return row ? asRun(row) : null
}

/**
 * A run by its id, exact name, unique beginning of its id, or "last" (the newest outside the
 * trash). Throws StudioError `not-found`, naming near misses.
 */
export function findRun(store: Store, reference: string): Run {
  const exact = readRun(store, reference)
  if (exact) return exact
  if (reference === 'last') {
    const newest = sql<Row>(
      store,
      `SELECT ${selected} FROM runs WHERE deletedAt IS NULL ORDER BY rowid DESC LIMIT 1`,
    ).get()
    if (newest) return asRun(newest)
    throw new StudioError(
      'not-found',
      'Expected a run, found none. Start one with `latent train`.',
      { reference },
    )
  }
  const known = sql<{ id: string; name: string; deletedAt: number | null }>(
    store,
    'SELECT id, name, deletedAt FROM runs ORDER BY rowid DESC',
  ).all()
  // é may be one character or two: people type one and files hold the other
  const form = reference.normalize('NFC')
  const named = known.filter((run) => run.name.normalize('NFC') === form)
  const kept = named.filter((run) => run.deletedAt === null)
  const matches =
    kept.length > 0
      ? kept
      : named.length > 0
        ? named
        : known.filter((run) => reference !== '' && run.id.startsWith(reference))
  if (matches.length === 1) return readRun(store, matches[0]!.id)!
  const found =
    matches.length > 1
      ? `found ${matches.length}: ${matches
          .slice(0, 5)
          .map((run) => `${run.id} (${run.name})`)
          .join(', ')}. Use an id.`
      : `found none${nearMisses(reference, known)}. \`latent runs\` lists them.`
  throw new StudioError(
    'not-found',
    `Expected one run called "${reference.slice(0, 80)}", ${found}`,
    {
      reference,
      matches: matches.map((run) => run.id),
    },
  )
}

/** The settings of the newest run, the trash included; null when there has been none. */
export function newestConfig(store: Store): Run['config'] | null {
  const newest = sql<Row>(store, `SELECT ${selected} FROM runs ORDER BY rowid DESC LIMIT 1`).get()
  return newest ? asRun(newest).config : null
}

/** Newest first, with sparkline and newest frame; `deleted` chooses the trash. */
export function listRuns(store: Store, { deleted }: { deleted: boolean }): RunSummary[] {
  const newestFirst = sql<Row>(
    store,
    `${summaries} WHERE deletedAt IS ${deleted ? 'NOT NULL' : 'NULL'} ORDER BY rowid DESC`,
  )
  return newestFirst.all().map(summary)
}

/** One run as the list shows it, null when there is no such run. */
export function readRunSummary(store: Store, id: string): RunSummary | null {
  const row = sql<Row>(store, `${summaries} WHERE id = ?`).get(id)
  return row ? summary(row) : null
}

/**
 * Changes some fields (never the id) and returns the run as it is now. Throws `not-found`,
 * `store-failed`.
 */
export function updateRun(store: Store, id: string, changes: Partial<Run>): Run {
  const changed = columns.filter((column) => column !== 'id' && changes[column] !== undefined)
  if (changed.length > 0)
    sql(
      store,
      `UPDATE runs SET ${changed.map((column) => `${column} = ?`).join(', ')} WHERE id = ?`,
    ).run(...changed.map((column) => stored(column, changes[column])), id)
  const run = readRun(store, id)
  if (!run)
    throw new StudioError('not-found', `Expected the run ${id}, found none: it no longer exists.`, {
      reference: id,
    })
  return run
}

/** The colour that the fewest runs outside the trash have; in turn for an empty store. */
export function nextColour(store: Store): number {
  const used = new Array<number>(paletteSize).fill(0)
  for (const { colour, count } of sql<{ colour: number; count: number }>(
    store,
    'SELECT colour, count(*) AS count FROM runs WHERE deletedAt IS NULL GROUP BY colour',
  ).all())
    if (used[colour] !== undefined) used[colour] = count
  return used.indexOf(Math.min(...used))
}

/** Removes a run's rows, then its folder. It cannot be undone. */
export function deleteRunForever(store: Store, id: string): void {
  const deleted = inTransaction(
    store,
    () => sql(store, 'DELETE FROM runs WHERE id = ?').run(id).changes,
  )
  if (deleted === 0)
    throw new StudioError('not-found', `Expected the run ${id}, found none: it no longer exists.`, {
      reference: id,
    })
  // A folder that stays behind (a kill right here) is an orphan: the next owner removes it.
  rmSync(runFolder(store, id), { recursive: true, force: true })
  store.database.pragma('incremental_vacuum(2000)')
}

function stored(column: string, value: unknown): unknown {
  return jsonColumns.has(column) && value !== null ? toJson(value) : value
}

function asRun(row: Row): Run {
  for (const column of jsonColumns)
    if (row[column] !== null) row[column] = fromRow(row[column] as string)
  return row as unknown as Run
}

function summary(row: Row): RunSummary {
  row['sparkline'] = sparklineOf(row['sparkline'])
  return asRun(row) as RunSummary
}
