// What happened to a run, in the order in which it happened.
import type { RunEvent } from '../../preload/contract/records.ts'
import type { Store } from './open.ts'
import { sql } from './sql.ts'

/** Stores an event and returns it with its number, which only rises. */
export function addEvent(store: Store, event: Omit<RunEvent, 'id'>): RunEvent {
  const { run, at, step, kind, text } = event
  const { lastInsertRowid } = sql(
    store,
    'INSERT INTO events (run, at, step, kind, text) VALUES (?, ?, ?, ?, ?)',
  ).run(run, at, step, kind, text)
  return { id: Number(lastInsertRowid), run, at, step, kind, text }
}

/** A run's events, oldest first. */
export function listEvents(store: Store, run: string): RunEvent[] {
  return sql<RunEvent>(
    store,
    'SELECT id, run, at, step, kind, text FROM events WHERE run = ? ORDER BY id',
  ).all(run)
}
