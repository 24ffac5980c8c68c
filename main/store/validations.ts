// Losses on the validation split, by step; the run's row carries the last and the best of them.
import type { Validation } from '../../preload/contract/records.ts'
import { fromRow, toJson } from './numberJson.ts'
import { inTransaction, type Store } from './open.ts'
import { sql } from './sql.ts'

/**
 * Stores an evaluation (again at a step: in place of the first) and the run's lastValidation and
 * bestValidation, in one transaction.
 */
export function addValidation(store: Store, run: string, validation: Validation): void {
  const text = toJson(validation)
  inTransaction(store, () => {
    sql(
      store,
      'INSERT INTO validations (run, step, total, validation) VALUES (?, ?, ?, ?) ON CONFLICT (run, step) DO UPDATE SET total = excluded.total, validation = excluded.validation',
    ).run(run, validation.step, validation.total, text)
    const known = sql<{ bestValidation: string | null }>(
      store,
      'SELECT bestValidation FROM runs WHERE id = ?',
    ).get(run)?.bestValidation
    const best = known ? (fromRow(known) as Validation).total : Infinity
    sql(store, 'UPDATE runs SET lastValidation = ?, bestValidation = ? WHERE id = ?').run(
      text,
      validation.total < best ? text : (known ?? null),
      run,
    )
  })
}

/** A run's evaluations, first step first. */
export function listValidations(store: Store, run: string): Validation[] {
  return sql<{ validation: string }>(
    store,
    'SELECT validation FROM validations WHERE run = ? ORDER BY step',
  )
    .all(run)
    .map((row) => fromRow(row.validation) as Validation)
}
