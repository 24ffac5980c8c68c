// What was stored is held against its CRC-32 when it is read: SQLite notices damage to its own
// structure, not to the bytes of a row. Rows of an older version have none. They get theirs in
// small pieces while such a store is open, so that neither a start nor anything else waits for
// them: what they hold then is taken as right.
import { crc32 } from 'node:zlib'
import type { Database, Store } from './open.ts'

/** The columns that a checksum covers beside the bytes. */
export const metricKey = ['run', 'level', 'block', 'count'] as const
export const frameKey = [
  'run',
  'step',
  'grid',
  'tileWidth',
  'tileHeight',
  'reconstructions',
  'encoding',
] as const

/** Bytes of older rows that one piece reads: about 10 ms. */
const pieceBytes = 2 ** 20

/** Of bytes and of the row that they belong to: a block read as another one is damage too. */
export const checksum = (bytes: Uint8Array, row: readonly unknown[]): number =>
  crc32(bytes, crc32(row.join(' ')))

/** Whether bytes are those that were stored for a row, as far as it is known. */
export function isWhole(bytes: Uint8Array, row: readonly unknown[], crc: number | null): boolean {
  return crc === null || checksum(bytes, row) === crc
}

/**
 * Gives the next rows of an older version their checksums, in one transaction. False when all have
 * theirs. The caller is the only writer.
 */
export function fillChecksums(database: Database): boolean {
  for (const [table, column, key] of [
    ['metrics', 'data', metricKey],
    ['frames', 'pixels', frameKey],
  ] as const) {
    const without = database
      .prepare<[], { row: number; size: number }>(
        `SELECT rowid AS row, length(${column}) AS size FROM ${table} INDEXED BY ${table}Unchecked WHERE crc IS NULL LIMIT 256`,
      )
      .all()
    if (without.length === 0) continue
    const read = database.prepare<[number], { bytes: Uint8Array } & Record<string, unknown>>(
      `SELECT ${column} AS bytes, ${key.join(', ')} FROM ${table} WHERE rowid = ?`,
    )
    const update = database.prepare(`UPDATE ${table} SET crc = ? WHERE rowid = ?`)
    const fill = (row: number) => {
      const { bytes, ...of } = read.get(row)!
      const values = key.map((name) => of[name])
      update.run(checksum(bytes, values), row)
    }
    let left = pieceBytes
    database
      .transaction(() => {
        for (const { row, size } of without) {
          if (left <= 0) break
          fill(row)
          left -= size
        }
      })
      .immediate()
    return true
  }
  return false
}

/** Does the same piece by piece between other work, until all is done or the store is closed. */
export function fillChecksumsLater(
  { database }: Pick<Store, 'database'>,
  { after = 1000, pause = 100 } = {},
): void {
  const piece = () => {
    // what fails (a full disk, damage) is found by whoever uses the store, and the next start tries
    // again
    try {
      if (database.open && fillChecksums(database)) setTimeout(piece, pause).unref()
    } catch {
      return
    }
  }
  setTimeout(piece, after).unref()
}
