// A data folder that can be read and not written, looked at: SQLite itself cannot open a write-ahead database there
// without making files beside it, so database and log are copied into a private folder and opened from there. Nothing in
// the data folder changes, and the copy is of one moment even while its owner goes on writing.
import { constants, copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'
import { storeFailure } from './failure.ts'
import { databaseFile, openCopy, type Store } from './open.ts'

const tries = 20

/** The store as it is now. Every write to it throws `store-failed`. Throws `not-found` without a database, `newer-store`, `store-failed`. */
export function openView(dataFolder: string): Store {
  if (!existsSync(databaseFile(dataFolder)))
    throw new StudioError(
      'not-found',
      `Expected a data folder of Latent Studio that can be read, found no studio.db in ${dataFolder}. Check the path.`,
    )
  let folder: string | undefined
  try {
    folder = mkdtempSync(join(tmpdir(), 'latent-view-'))
    copyWhole(databaseFile(dataFolder), databaseFile(folder))
    const store = openCopy(dataFolder, databaseFile(folder))
    const copy = folder
    return {
      ...store,
      close() {
        store.close()
        rmSync(copy, { recursive: true, force: true })
      },
    }
  } catch (error) {
    if (folder) rmSync(folder, { recursive: true, force: true })
    throw storeFailure(error, dataFolder)
  }
}

// The owner writes the log at any time, and now and then moves it into the database: a copy taken across that is none.
function copyWhole(from: string, to: string): void {
  const state = () => {
    const { mtimeNs, size, ino } = statSync(from, { bigint: true })
    return `${mtimeNs} ${size} ${ino}`
  }
  for (let left = tries; left > 0; left--) {
    const before = state()
    rmSync(`${to}-wal`, { force: true })
    copyFileSync(from, to, constants.COPYFILE_FICLONE)
    if (existsSync(`${from}-wal`)) copyFileSync(`${from}-wal`, `${to}-wal`, constants.COPYFILE_FICLONE)
    if (state() === before) return
  }
  throw new StudioError(
    'store-failed',
    `Expected a database that is not changing, found ${from} changed at every read. Try again later.`,
  )
}
