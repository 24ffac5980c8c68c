// What was stored is held against its CRC-32 when it is read: SQLite notices damage to its own structure, not to the bytes
// of a row. Rows of an older version have none. They get theirs when such a store is opened, a share at each start, so
// that no start is long: what they hold then is taken as right.
import { crc32 } from 'node:zlib'
import type { Database } from './open.ts'

/** The columns that a checksum covers beside the bytes. */
export const metricKey = ['run', 'level', 'block', 'count'] as const
export const frameKey = ['run', 'step', 'grid', 'tileWidth', 'tileHeight', 'reconstructions', 'encoding'] as const

/** Bytes of older rows that one start reads at most: about a third of a second. */
const share = 64 * 2 ** 20

/** Of bytes and of the row that they belong to: a block read as another one is damage too. */
export const checksum = (bytes: Uint8Array, row: readonly unknown[]): number => crc32(bytes, crc32(row.join(' ')))

/** Whether bytes are those that were stored for a row, as far as it is known. */
export function isWhole(bytes: Uint8Array, row: readonly unknown[], crc: number | null): boolean {
  return crc === null || checksum(bytes, row) === crc
}

/** Gives rows of an older version their checksums. The caller is the only writer. */
export function fillChecksums(database: Database): void {
  let left = share
  for (const [table, column, key] of [
    ['metrics', 'data', metricKey],
    ['frames', 'pixels', frameKey],
  ] as const) {
    const without = database.prepare<[], { row: number; bytes: Uint8Array } & Record<string, unknown>>(
      `SELECT rowid AS row, ${column} AS bytes, ${key.join(', ')} FROM ${table} INDEXED BY ${table}Unchecked WHERE crc IS NULL LIMIT 256`,
    )
    const update = database.prepare(`UPDATE ${table} SET crc = ? WHERE rowid = ?`)
    while (left > 0) {
      const rows = without.all()
      if (rows.length === 0) break
      database
        .transaction(() =>
          rows.forEach(({ row, bytes, ...of }) =>
            update.run(
              checksum(
                bytes,
                key.map((column) => of[column]),
              ),
              row,
            ),
          ),
        )
        .immediate()
      left -= rows.reduce((sum, { bytes }) => sum + bytes.length, 0)
    }
  }
}
