// Rows of jobs. How far a running one is, is not stored: it says so while it works. Oldest ended
// ones are put away, so that the list stays one that a person can look through.
import type { Job, JobStatus } from '../../preload/contract/jobs.ts'
import { fromRow, toJson } from './numberJson.ts'
import { inTransaction, type Store } from './open.ts'
import { isRunId, newRunId } from './runs.ts'
import { sql } from './sql.ts'

/** Jobs in the list at most. */
export const mostJobs = 200

/**
 * Where a job that is killed may leave files outside the data folder: beside `path`, `mark` in
 * their names.
 */
export interface Scratch {
  path: string
  mark: string
}

interface Row extends Omit<Job, 'progress' | 'error' | 'result'> {
  error: string | null
  result: string | null
}

const selected = 'SELECT id, kind, title, run, status, createdAt, endedAt, error, result FROM jobs'

/** As short as a run's id. */
export const newJobId = newRunId

export const isJobId = isRunId

/** Stores a job that begins to run. */
export function insertJob(
  store: Store,
  { id, kind, title, run, createdAt }: Job,
  scratch: Scratch | null,
): void {
  const insert =
    "INSERT INTO jobs (id, kind, title, run, status, createdAt, scratch) VALUES (?, ?, ?, ?, 'running', ?, ?)"
  sql(store, insert).run(id, kind, title, run, createdAt, scratch === null ? null : toJson(scratch))
}

/** Stores how a job ended. */
export function endJob(store: Store, { id, run, status, endedAt, error, result }: Job): void {
  const stored = (value: unknown) => (value === null ? null : toJson(value))
  const update =
    'UPDATE jobs SET run = ?, status = ?, endedAt = ?, error = ?, result = ?, scratch = NULL WHERE id = ?'
  sql(store, update).run(run, status, endedAt, stored(error), stored(result), id)
}

export function readJob(store: Store, id: string): Job | null {
  const row = sql<Row>(store, `${selected} WHERE id = ?`).get(id)
  return row ? asJob(row) : null
}

/** Newest first. */
export function listJobs(store: Store): Job[] {
  return sql<Row>(store, `${selected} ORDER BY rowid DESC`).all().map(asJob)
}

/** Whether there was one. */
export function removeJob(store: Store, id: string): boolean {
  return sql(store, 'DELETE FROM jobs WHERE id = ?').run(id).changes > 0
}

/** Puts the oldest ended jobs away until there are at most `mostJobs`; returns their ids. */
export function putAwayOldest(store: Store): string[] {
  return inTransaction(store, () => {
    const { count } = sql<{ count: number }>(store, 'SELECT count(*) AS count FROM jobs').get()!
    if (count <= mostJobs) return []
    const oldest = "SELECT id FROM jobs WHERE status <> 'running' ORDER BY rowid LIMIT ?"
    const ids = sql<{ id: string }>(store, oldest)
      .all(count - mostJobs)
      .map(({ id }) => id)
    for (const id of ids) removeJob(store, id)
    return ids
  })
}

/** What a new owner finds running has ended with the one before. Returns the ids. */
export function interruptJobs(store: Store, at: number): string[] {
  return inTransaction(store, () => {
    const running = sql<{ id: string }>(
      store,
      "SELECT id FROM jobs WHERE status = 'running' ORDER BY rowid",
    ).all()
    const status: JobStatus = 'interrupted'
    sql(store, "UPDATE jobs SET status = ?, endedAt = ? WHERE status = 'running'").run(status, at)
    return running.map(({ id }) => id)
  })
}

/** What interrupted jobs may have left outside the data folder. */
export function leftScratch(store: Store): { id: string; scratch: Scratch }[] {
  return sql<{ id: string; scratch: string }>(
    store,
    "SELECT id, scratch FROM jobs WHERE status = 'interrupted' AND scratch IS NOT NULL",
  )
    .all()
    .map(({ id, scratch }) => ({ id, scratch: fromRow(scratch) as Scratch }))
}

/** What a job may have left elsewhere is gone. */
export function forgetScratch(store: Store, id: string): void {
  sql(store, 'UPDATE jobs SET scratch = NULL WHERE id = ?').run(id)
}

function asJob(row: Row): Job {
  const value = (text: string | null) => (text === null ? null : fromRow(text))
  const { error, result, ...rest } = row
  return {
    ...rest,
    progress: null,
    error: value(error) as Job['error'],
    result: value(result) as Job['result'],
  }
}
