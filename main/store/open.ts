// The one door to SQLite: opens the data folder's database (writer, reader, owner's lock) and runs
// its transactions. Write-ahead log with synchronous NORMAL: commits survive the death of the
// process; at power loss the last ones may be missing, never the file. Rows that publish a
// checkpoint or end a run are written with synchronous FULL.
import Sqlite from 'better-sqlite3'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'
import { checkNatives } from '../runtime/bundled.ts'
import { requireWritable } from './storeAccess.ts'
import { makeDataFolder } from './dataFolder.ts'
import { codeOf, repairAdvice, storeFailure } from './failure.ts'
import { applicationId, migrations } from './migrations.ts'
import { fileVersion } from './version.ts'

export type Database = Sqlite.Database
export type Statement = Sqlite.Statement<unknown[], unknown>

export interface Store {
  readonly dataFolder: string
  readonly database: Database
  /**
   * The database's file; null for a database that has no name and that no other connection can
   * open.
   */
  readonly file: string | null
  /** Whether nothing can be written. */
  readonly readOnly: boolean
  close(): void
}

export function databaseFile(dataFolder: string): string {
  return join(dataFolder, 'studio.db')
}

/** Where a run's checkpoint files lie. */
export function runFolder(store: Pick<Store, 'dataFolder'>, id: string): string {
  return join(store.dataFolder, 'runs', id)
}

/**
 * Opens the data folder for writing, creating it and its database where missing and migrating an
 * older one. Throws StudioError `newer-store` (the files untouched) or `store-failed`.
 */
export function openStore(dataFolder: string): Store {
  const path = databaseFile(dataFolder)
  let database: Database | undefined
  try {
    requireWritable(dataFolder)
    makeDataFolder(dataFolder)
    mkdirSync(join(dataFolder, 'runs'), { recursive: true })
    refuseLost(dataFolder)
    refuseForeign(path)
    database = connect(path, { timeout: 5000 })
    prepareFile(database)
    migrate(database)
    return asStore(dataFolder, database, path)
  } catch (error) {
    database?.close()
    throw storeFailure(error, dataFolder)
  }
}

/**
 * A private copy of a data folder's database, brought up to date, that refuses every write. `fill`
 * writes it into the empty file at `path` once SQLite has opened that, and may take its name away:
 * nothing is opened by name afterwards. Throws as openStore.
 */
export function openCopy(dataFolder: string, path: string, fill: () => void): Store {
  let database: Database | undefined
  try {
    refuseForeign(databaseFile(dataFolder))
    database = connect(path, { timeout: 5000 })
    fill()
    database.pragma('journal_mode = MEMORY')
    migrate(database)
    database.pragma('query_only = ON')
    return asStore(dataFolder, database, null, true)
  } catch (error) {
    database?.close()
    throw storeFailure(error, dataFolder)
  }
}

/** An empty database in memory, for whoever writes it to a file whole (`database.serialize()`). */
export function openInMemory(dataFolder: string): Store {
  const database = connect(':memory:', {})
  database.pragma('auto_vacuum = INCREMENTAL')
  database.pragma('foreign_keys = ON')
  migrate(database)
  return asStore(dataFolder, database, null)
}

/** A second, read-only connection to a store that is open. Throws StudioError `store-failed`. */
export function openReadOnly(dataFolder: string, file = databaseFile(dataFolder)): Store {
  try {
    const database = connect(file, { readonly: true, fileMustExist: true, timeout: 5000 })
    database.pragma('mmap_size = 268435456')
    return asStore(dataFolder, database, file, true)
  } catch (error) {
    throw storeFailure(error, dataFolder)
  }
}

// A connection that nobody refers to is closed by the garbage collector, and its lock with it.
const locks = new Set<Database>()

/**
 * SQLite's exclusive lock on a file, held until released or until this process ends, however it
 * ends: the operating system keeps it, so there is no stale lock. null when another process holds
 * it. Throws StudioError `store-failed`.
 */
export function holdLock(path: string): { release(): void } | null {
  let database: Database | undefined
  try {
    database = connect(path, { timeout: 0 })
    // Not transaction(): this one is meant to stay open. It writes nothing.
    database.exec('BEGIN EXCLUSIVE')
    const held = database
    locks.add(held)
    return {
      release: () => {
        locks.delete(held)
        held.close()
      },
    }
  } catch (error) {
    database?.close()
    if (codeOf(error)?.startsWith('SQLITE_BUSY')) return null
    throw storeFailure(error, path)
  }
}

/**
 * Throws StudioError `store-failed` where the folder's file system has no locks (some network
 * folders): SQLite says "busy" then too, so a file that nobody else knows is tried.
 */
export function requireLocks(dataFolder: string): void {
  const path = join(dataFolder, `.lock-${randomBytes(6).toString('hex')}.tmp`)
  try {
    const lock = holdLock(path)
    if (lock) return lock.release()
  } finally {
    for (const ending of ['', '-journal']) rmSync(`${path}${ending}`, { force: true })
  }
  throw new StudioError(
    'store-failed',
    `Expected a file system that can lock files, found one in ${dataFolder} that cannot (ENOLCK), such as a network folder. Choose a folder on a local disk with --data.`,
    { code: 'ENOLCK', place: dataFolder },
  )
}

/** Runs `work` as one transaction (a savepoint inside another one); its errors undo it. */
export function inTransaction<T>(store: Store, work: () => T): T {
  try {
    return store.database.transaction(work).immediate()
  } catch (error) {
    throw storeFailure(error, store.dataFolder)
  }
}

/** Runs reads that belong together on one state of the database, whatever is written meanwhile. */
export function inSnapshot<T>(store: Store, read: () => T): T {
  return store.database.transaction(read).deferred()
}

/**
 * Like inTransaction, and on the disk itself before it returns: for rows that publish a checkpoint
 * or end a run.
 */
export function withFullSync<T>(store: Store, work: () => T): T {
  // SQLite ignores the setting inside a transaction, so the outermost one has to ask for it.
  if (store.database.inTransaction)
    throw new Error('withFullSync has to be the outermost transaction.')
  store.database.pragma('synchronous = FULL')
  try {
    return inTransaction(store, work)
  } finally {
    store.database.pragma('synchronous = NORMAL')
  }
}

let checked = false

/**
 * The native part is loaded by the first connection: before that it is held against what was
 * packed.
 */
function connect(path: string, options: Sqlite.Options): Database {
  if (!checked) checkNatives('better-sqlite3')
  checked = true
  return new Sqlite(path, options)
}

function asStore(
  dataFolder: string,
  database: Database,
  file: string | null,
  readOnly = false,
): Store {
  return { dataFolder, database, file, readOnly, close: () => database.close() }
}

// An empty list beside full folders is no beginning: somebody lost the database.
function refuseLost(dataFolder: string): void {
  const size = statSync(databaseFile(dataFolder), { throwIfNoEntry: false })?.size ?? 0
  if (size > 0) return
  const folders = runFoldersWithCheckpoints(dataFolder)
  if (folders.length === 0) return
  throw new StudioError(
    'store-failed',
    `Expected the list of runs in ${databaseFile(dataFolder)}, found none, although runs/ holds the checkpoints of ${folders.length} run${folders.length === 1 ? '' : 's'}. Restore the file if you have a backup, or rebuild the list with: latent doctor --repair --data ${dataFolder}. To start with an empty list, move runs/ away first.`,
    { place: dataFolder, lost: folders.length },
  )
}

/** Names of the folders in runs/ that hold checkpoints. */
export function runFoldersWithCheckpoints(dataFolder: string): string[] {
  const root = join(dataFolder, 'runs')
  if (!existsSync(root)) return []
  const holds = (name: string) =>
    readdirSync(join(root, name)).some((file) => /^[^.].*\.safetensors$/.test(file))
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && holds(entry.name))
    .map(({ name }) => name)
}

function refuseForeign(path: string): void {
  const found = fileVersion(path)
  if (!found) return
  if (!found.database)
    throw new StudioError(
      'store-failed',
      `Expected a Latent Studio database in ${path}, found another kind of file or a damaged one. ${repairAdvice}`,
      { path, damaged: true },
    )
  if (found.applicationId !== applicationId && found.applicationId + found.userVersion !== 0)
    throw new StudioError(
      'store-failed',
      `Expected a Latent Studio database in ${path}, found a database of another program. Choose another folder with --data.`,
      { path },
    )
  if (found.userVersion > migrations.length)
    throw new StudioError(
      'newer-store',
      `Expected a database of version ${migrations.length} or older in ${path}, found version ${found.userVersion}, written by a newer Latent Studio. Update this program, or choose another folder with --data; the file was not changed.`,
      { path, found: found.userVersion, known: migrations.length },
    )
}

function prepareFile(database: Database): void {
  // Only an empty file takes this one; it lets deleted runs give their space back in small pieces.
  database.pragma('auto_vacuum = INCREMENTAL')
  const mode: unknown = database.pragma('journal_mode = WAL', { simple: true })
  if (mode !== 'wal')
    throw new StudioError(
      'store-failed',
      `Expected a disk that can keep a write-ahead log, found journal mode "${String(mode)}". Choose a folder on a local disk with --data.`,
    )
  database.pragma('synchronous = NORMAL')
  database.pragma('foreign_keys = ON')
}

function migrate(database: Database): void {
  const done = database.pragma('user_version', { simple: true }) as number
  for (const [index, step] of migrations.entries()) {
    if (index < done) continue
    database
      .transaction(() => {
        database.exec(step)
        database.pragma(`application_id = ${applicationId}`)
        database.pragma(`user_version = ${index + 1}`)
      })
      .immediate()
  }
}
