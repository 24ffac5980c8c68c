// Opening a data folder: migrations, a newer file left as it is, damage, full and unusable disks in
// plain words.
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { storeFailure } from '../../main/store/failure.ts'
import { appendMetrics, lastMetricStep } from '../../main/store/metrics.ts'
import { applicationId, migrations } from '../../main/store/migrations.ts'
import { databaseFile, inTransaction, openStore, withFullSync } from '../../main/store/open.ts'
import { listRuns, readRun, updateRun } from '../../main/store/runs.ts'
import { seriesFrom } from './sample-run.ts'
import { storedRun, temporaryFolder, temporaryStore } from './sample.ts'

const hashes = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name !== 'runs')
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex'),
      ]),
  )

const failed = (code: string, ...parts: string[]) =>
  expect.objectContaining({
    code,
    message: expect.stringMatching(new RegExp(parts.join('.*'), 's')) as string,
  }) as Error

test('a new folder gets a database with the settings it needs', () => {
  const folder = join(temporaryFolder(), 'deep', 'inside')
  const store = openStore(folder)
  const pragma = (name: string) => store.database.pragma(name, { simple: true }) as unknown
  expect([
    pragma('journal_mode'),
    pragma('synchronous'),
    pragma('foreign_keys'),
    pragma('busy_timeout'),
    pragma('user_version'),
  ]).toEqual(['wal', 1, 1, 5000, migrations.length])
  store.close()
  expect(readdirSync(folder).sort()).toEqual(['runs', 'studio.db'])
})

test.each(migrations.map((_, version) => version))(
  'a database that has seen %i steps is brought up to date',
  (version) => {
    const [folder, whole] = [temporaryFolder(), temporaryStore()]
    const old = openStore(folder)
    const everything = old.database
      .prepare<[], { type: string; name: string }>(
        "SELECT type, name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
      )
      .all()
    old.database.pragma('foreign_keys = OFF')
    for (const { name } of everything) old.database.exec(`DROP TABLE ${name}`)
    for (const step of migrations.slice(0, version)) old.database.exec(step)
    old.database.pragma(`user_version = ${version}`)
    old.close()
    const store = openStore(folder)
    const schema = (from: typeof store) =>
      from.database.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name').all()
    expect(schema(store)).toEqual(schema(whole))
    expect(store.database.pragma('user_version', { simple: true })).toBe(migrations.length)
    store.close()
  },
)

describe('a database of a newer version', () => {
  test('is refused and left byte for byte as it was', () => {
    const folder = temporaryFolder()
    const store = openStore(folder)
    storedRun(store)
    store.database.pragma(`user_version = ${migrations.length + 1}`)
    store.close()
    const before = hashes(folder)
    expect(() => openStore(folder)).toThrow(
      failed(
        'newer-store',
        `version ${migrations.length} or older`,
        `found version ${migrations.length + 1}`,
        'Update',
      ),
    )
    expect(hashes(folder)).toEqual(before)
    expect(Object.keys(before)).toEqual(['studio.db'])
  })

  test('is refused too when a killed writer left the new version only in its log', () => {
    const source = temporaryFolder()
    const store = openStore(source)
    store.database.pragma('wal_checkpoint(TRUNCATE)')
    storedRun(store)
    store.database.pragma(`user_version = ${migrations.length + 3}`)
    storedRun(store)
    const folder = temporaryFolder()
    for (const name of ['studio.db', 'studio.db-wal'])
      copyFileSync(join(source, name), join(folder, name))
    expect(readFileSync(join(folder, 'studio.db')).readUInt32BE(60)).toBe(migrations.length)
    const before = hashes(folder)
    expect(() => openStore(folder)).toThrow(
      failed('newer-store', `found version ${migrations.length + 3}`),
    )
    expect(hashes(folder)).toEqual(before)
    store.close()
  })
})

describe('what cannot be used', () => {
  test('a file where the folder should be', () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, 'x')
    expect(() => openStore(file)).toThrow(failed('store-failed', 'cannot be opened', '--data'))
    expect(() => openStore(join(file, 'below'))).toThrow(
      failed('store-failed', 'cannot be opened', '--data'),
    )
    expect(readFileSync(file, 'utf8')).toBe('x')
  })

  test('a folder without permission to write', (context) => {
    if (process.platform === 'win32') context.skip('Windows has no such permissions')
    if (process.getuid?.() === 0) context.skip('permissions do not bind root')
    const folder = temporaryFolder()
    chmodSync(folder, 0o500)
    onTestFinished(() => chmodSync(folder, 0o700))
    expect(() => openStore(folder)).toThrow(failed('store-failed', 'cannot be written', '--data'))
  })

  test('a folder where the database should be', () => {
    const folder = temporaryFolder()
    mkdirSync(databaseFile(folder))
    expect(() => openStore(folder)).toThrow(failed('store-failed', 'cannot be opened'))
  })

  test('a read-only disk and a folder without permission, by their codes', () => {
    for (const code of ['EROFS', 'EACCES', 'SQLITE_READONLY', 'SQLITE_READONLY_DIRECTORY'])
      expect(storeFailure(Object.assign(new Error('no'), { code }), '/data')).toEqual(
        failed('store-failed', '/data', 'cannot be written', code, '--data'),
      )
    expect(storeFailure(Object.assign(new Error('no'), { code: 'ENOSPC' }), '/data')).toEqual(
      failed('store-failed', 'disk is full', 'ENOSPC'),
    )
    const other = new TypeError('a mistake of ours')
    expect(storeFailure(other, '/data')).toBe(other)
  })

  test('another kind of file, another program’s database, a damaged one: nothing is changed', () => {
    const folder = temporaryFolder()
    const path = databaseFile(folder)
    writeFileSync(path, 'this is a text and not a database, however long it may be '.repeat(40))
    expect(() => openStore(folder)).toThrow(
      failed('store-failed', 'another kind of file or a damaged one'),
    )
    const other = temporaryStore()
    other.database.pragma('application_id = 77')
    other.database.pragma('wal_checkpoint(TRUNCATE)')
    copyFileSync(databaseFile(other.dataFolder), path)
    const before = hashes(folder)
    expect(() => openStore(folder)).toThrow(failed('store-failed', 'another program'))
    other.database.pragma(`application_id = ${applicationId}`)
    expect(hashes(folder)).toEqual(before)
  })

  test('a database with pages of rubbish, when it is read', () => {
    const folder = temporaryFolder()
    const store = openStore(folder)
    for (let index = 0; index < 50; index++) storedRun(store)
    store.close()
    const bytes = readFileSync(databaseFile(folder))
    writeFileSync(databaseFile(folder), bytes.fill(0x5a, 4096))
    expect(() => listRuns(openStore(folder), { deleted: false })).toThrow(
      failed('store-failed', 'damaged', 'latent doctor --repair'),
    )
  })

  test('a database cut short', () => {
    const folder = temporaryFolder()
    const store = openStore(folder)
    for (let index = 0; index < 50; index++) storedRun(store)
    store.close()
    truncateSync(databaseFile(folder), 4096)
    expect(() => listRuns(openStore(folder), { deleted: false })).toThrow(
      failed('store-failed', 'damaged'),
    )
  })
})

test('a full disk: the call fails in plain words, what was stored stays, and it goes on when there is room', () => {
  const store = temporaryStore()
  const run = storedRun(store)
  appendMetrics(store, run.id, 1, seriesFrom(1, 5000))
  const pages = store.database.pragma('page_count', { simple: true }) as number
  store.database.pragma(`max_page_count = ${pages + 2}`)
  expect(() => appendMetrics(store, run.id, 5001, seriesFrom(5001, 50_000))).toThrow(
    failed('store-failed', 'disk is full', 'SQLITE_FULL', 'space'),
  )
  expect(store.database.inTransaction).toBe(false)
  expect(lastMetricStep(store, run.id)).toBe(5000)
  expect(readRun(store, run.id)!.step).toBe(5000)
  expect(store.database.pragma('integrity_check', { simple: true })).toBe('ok')
  store.database.pragma('max_page_count = 1073741823')
  appendMetrics(store, run.id, 5001, seriesFrom(5001, 50_000))
  expect(lastMetricStep(store, run.id)).toBe(55_000)
})

describe('transactions', () => {
  test('an error undoes all of one', () => {
    const store = temporaryStore()
    const run = storedRun(store)
    const attempt = () =>
      inTransaction(store, () => {
        updateRun(store, run.id, { name: 'changed' })
        throw new Error('half way')
      })
    expect(attempt).toThrow('half way')
    expect(readRun(store, run.id)!.name).toBe(run.name)
  })

  test('full sync holds inside and only there, also after an error', () => {
    const store = temporaryStore()
    const synchronous = () => store.database.pragma('synchronous', { simple: true })
    expect(withFullSync(store, synchronous)).toBe(2)
    expect(synchronous()).toBe(1)
    expect(() =>
      withFullSync(store, () => {
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(synchronous()).toBe(1)
    expect(() => inTransaction(store, () => withFullSync(store, synchronous))).toThrow('outermost')
  })
})
