// Which version wrote a database file, read from its bytes alone: even a read-only connection of SQLite would create
// -wal and -shm beside it, and a file of a newer version must stay exactly as it is.
// Layout: sqlite.org/fileformat2.html, sections 1.3 (database header) and 4 (write-ahead log).
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

export interface FileVersion {
  /** False when the first bytes are not SQLite's. */
  database: boolean
  applicationId: number
  userVersion: number
}

/**
 * The version in a database file and in the log beside it, or null when the file is missing or
 * empty. Throws file system errors.
 */
export function fileVersion(path: string): FileVersion | null {
  const header = readFile(path, (read) => read(0, 100))
  if (!header || header.length === 0) return null
  const database = header.length >= 100 && header.toString('latin1', 0, 16) === 'SQLite format 3\0'
  if (!database) return { database, applicationId: 0, userVersion: 0 }
  const first = readFile(`${path}-wal`, loggedFirstPage) ?? header
  return { database, applicationId: first.readUInt32BE(68), userVersion: first.readUInt32BE(60) }
}

type Read = (position: number, length: number) => Buffer

// The beginning of page 1 as last committed in a write-ahead log, null when the log does not hold
// it.
function loggedFirstPage(read: Read, size: number): Buffer | null {
  const header = read(0, 32)
  if (header.length < 32 || (header.readUInt32BE(0) & ~1) !== 0x377f0682) return null
  const pageSize = header.readUInt32BE(8)
  let candidate: Buffer | null = null
  let committed: Buffer | null = null
  for (let position = 32; position + 24 + pageSize <= size; position += 24 + pageSize) {
    const frame = read(position, 24 + 100)
    // Frames of an older round of the log carry other salts: the valid part ends there.
    if (frame.compare(header, 16, 24, 8, 16) !== 0) break
    if (frame.readUInt32BE(0) === 1) candidate = frame.subarray(24)
    if (frame.readUInt32BE(4) !== 0) committed = candidate
  }
  return committed
}

function readFile<T>(path: string, use: (read: Read, size: number) => T): T | null {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  try {
    const read: Read = (position, length) => {
      const bytes = Buffer.alloc(length)
      return bytes.subarray(0, readSync(file, bytes, 0, length, position))
    }
    return use(read, fstatSync(file).size)
  } finally {
    closeSync(file)
  }
}
