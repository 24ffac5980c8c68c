// A data folder that can be read and not written, looked at: SQLite itself cannot open a
// write-ahead database there without making files beside it, so database and log are copied into
// one private file. That file loses its name before anything is written to it: its space is free
// again when this process ends, however it ends. Nothing in the data folder changes, and the copy
// is of one moment even while its owner goes on writing.
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'
import { storeFailure } from './failure.ts'
import { readLog } from './log.ts'
import { databaseFile, openCopy, type Store } from './open.ts'

const tries = 20
const pieceBytes = 2 ** 20

/**
 * The store as it is now. Every write to it throws `store-failed`. Throws `not-found` without a
 * database, `newer-store`, `store-failed`.
 */
export function openView(dataFolder: string): Store {
  if (!existsSync(databaseFile(dataFolder)))
    throw new StudioError(
      'not-found',
      `Expected a data folder of Latent Studio that can be read, found no studio.db in ${dataFolder}. Check the path.`,
    )
  try {
    return openCopyOf(dataFolder)
  } catch (error) {
    throw storeFailure(error, dataFolder)
  }
}

function openCopyOf(dataFolder: string): Store {
  const folder = mkdtempSync(join(tmpdir(), 'latent-view-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  let copy: number | undefined
  try {
    const path = databaseFile(folder)
    copy = openSync(path, 'wx+', 0o600)
    const file = copy
    const store = openCopy(dataFolder, path, () => {
      // Windows keeps the name of an open file
      if (process.platform !== 'win32') remove()
      copyWhole(databaseFile(dataFolder), file)
    })
    return process.platform === 'win32' ? removedAtEnd(store, remove) : store
  } catch (error) {
    remove()
    throw error
  } finally {
    if (copy !== undefined) closeSync(copy)
  }
}

function removedAtEnd(store: Store, remove: () => void): Store {
  const close = () => {
    process.off('exit', close)
    store.close()
    remove()
  }
  process.once('exit', close)
  return { ...store, close }
}

// The owner adds to the log at any time, now and then moves it into the database, and then begins
// the log again: a copy taken across either is none.
function copyWhole(from: string, to: number): void {
  for (let left = tries; left > 0; left--) {
    const before = stateOf(from)
    copyDatabase(from, to)
    if (stateOf(from) === before) return
  }
  throw new StudioError(
    'store-failed',
    `Expected a database that is not changing, found ${from} changed at every read. Try again later.`,
  )
}

function stateOf(database: string): string {
  const { mtimeNs, size, ino } = statSync(database, { bigint: true })
  const round = withFile(`${database}-wal`, (log) => readAt(log, 0, 32).toString('hex'))
  return `${mtimeNs} ${size} ${ino} ${round ?? ''}`
}

function copyDatabase(from: string, to: number): void {
  ftruncateSync(to, 0)
  withFile(from, (database) => {
    for (let at = 0; ; at += pieceBytes) {
      const piece = readAt(database, at, pieceBytes)
      writeAt(to, piece, at)
      if (piece.length < pieceBytes) break
    }
  })
  withFile(`${from}-wal`, (file) => {
    const log = readLog((position, length) => readAt(file, position, length))
    if (!log) return
    for (const [page, at] of log.pages)
      writeAt(to, readAt(file, at, log.pageSize), (page - 1) * log.pageSize)
    ftruncateSync(to, log.pageCount * log.pageSize)
  })
  // file format versions (bytes 18 and 19): 2 is a write-ahead log, which this file has no longer
  if (fstatSync(to).size > 0) writeAt(to, Buffer.from([1, 1]), 18)
}

/** undefined when there is no such file. */
function withFile<T>(path: string, use: (file: number) => T): T | undefined {
  if (!existsSync(path)) return undefined
  const file = openSync(path, 'r')
  try {
    return use(file)
  } finally {
    closeSync(file)
  }
}

function readAt(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  let done = 0
  while (done < length) {
    const count = readSync(file, bytes, done, length - done, position + done)
    if (count === 0) break
    done += count
  }
  return bytes.subarray(0, done)
}

function writeAt(file: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length;)
    done += writeSync(file, bytes, done, bytes.length - done, position + done)
}
