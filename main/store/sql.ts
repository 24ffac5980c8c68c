// Statements by their text: compiled once for each connection, with the disk's errors in plain
// words.
import { storeFailure } from './failure.ts'
import type { Database, Statement, Store } from './open.ts'

export interface Prepared<Row> {
  /** Returns the number of changed rows and the last inserted id. */
  run(...values: unknown[]): { changes: number; lastInsertRowid: number | bigint }
  get(...values: unknown[]): Row | undefined
  all(...values: unknown[]): Row[]
}

const compiled = new WeakMap<Database, Map<string, Prepared<unknown>>>()

/**
 * The statement with this text on the store's connection. Its calls throw StudioError
 * `store-failed`.
 */
export function sql<Row>(store: Store, text: string): Prepared<Row> {
  let statements = compiled.get(store.database)
  if (!statements) compiled.set(store.database, (statements = new Map()))
  let prepared = statements.get(text)
  if (!prepared) statements.set(text, (prepared = guarded(store, text)))
  return prepared as Prepared<Row>
}

function guarded(store: Store, text: string): Prepared<unknown> {
  const guard = <T>(call: () => T): T => {
    try {
      return call()
    } catch (error) {
      throw storeFailure(error, store.dataFolder)
    }
  }
  const statement: Statement = guard(() => store.database.prepare<unknown[], unknown>(text))
  return {
    run: (...values) => guard(() => statement.run(...values)),
    get: (...values) => guard(() => statement.get(...values)),
    all: (...values) => guard(() => statement.all(...values)),
  }
}
