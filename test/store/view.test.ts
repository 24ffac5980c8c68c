// A folder of somebody else: looked at without a trace, refused for writing, and its owner goes on
// afterwards.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { unzipSync } from 'fflate'
import { expect, onTestFinished, test, vi } from 'vitest'
import { appendMetrics } from '../../main/store/metrics.ts'
import {
  databaseFile,
  inTransaction,
  openStore,
  requireLocks,
  type Store,
} from '../../main/store/open.ts'
import { openReader } from '../../main/store/reader.ts'
import { insertRun, listRuns, updateRun } from '../../main/store/runs.ts'
import { openView } from '../../main/store/view.ts'
import { randomOf } from '../exporters/mutations.ts'
import { needing } from '../kit/needing.ts'
import { temporaryFolder } from './sample.ts'
import { sampleRun, seriesFrom } from './sample-run.ts'

const nobody = 65534
const launcher = resolve(import.meta.dirname, '../../apps/launch.mjs')
/** Another user reads the program too; only root can become one. */
function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can run a command as another user'
  const { error } = spawnSync(process.execPath, ['-e', ''], { uid: nobody, gid: nobody })
  return error && 'another user cannot run the Node of this checkout: its folder is private'
}
const asOther = needing(whyNot())

interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** A command as user `nobody`. */
function asNobody(folder: string, args: string[]): Promise<Ended> {
  const home = temporaryFolder()
  chmodSync(home, 0o777)
  const child = spawn(process.execPath, [launcher, ...args, '--data', folder], {
    ...{ uid: nobody, gid: nobody, stdio: ['ignore', 'pipe', 'pipe'] },
    env: { PATH: process.env['PATH'], HOME: home, LATENT_STUDIO_CACHE: join(home, 'cache') },
  })
  const said = { stdout: '', stderr: '' }
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (said.stdout += text))
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (said.stderr += text))
  return new Promise((done) => child.on('close', (code) => done({ code, ...said })))
}

function someStore(): { folder: string; id: string; close(): void } {
  const folder = join(temporaryFolder(), 'data')
  mkdirSync(folder)
  chmodSync(join(folder, '..'), 0o755)
  const store = openStore(folder)
  const run = sampleRun({ name: 'of somebody else', status: 'stopped' })
  insertRun(store, run)
  appendMetrics(store, run.id, 1, seriesFrom(1, 40))
  return { folder, id: run.id, close: () => store.close() }
}

const traces = (folder: string) =>
  readdirSync(folder).map((name) => `${name} ${statSync(join(folder, name)).uid}`)

asOther.describe('as another user', () => {
  test('a group-writable folder with a database of its owner alone: shown, not changed, and nothing is left', async () => {
    const { folder, id, close } = someStore()
    close()
    chmodSync(folder, 0o777)
    chmodSync(join(folder, 'studio.db'), 0o644)
    const before = traces(folder)
    const listed = await asNobody(folder, ['runs', '--json'])
    expect(listed).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/is read-only for this user/) as string,
    })
    expect(
      (JSON.parse(listed.stdout) as { runs: { id: string }[] }).runs.map((run) => run.id),
    ).toEqual([id])
    expect(
      (await asNobody(folder, ['metrics', id, '--csv'])).stdout.trim().split('\n'),
    ).toHaveLength(41)
    const resumed = await asNobody(folder, ['resume', id])
    expect(resumed.code).toBe(1)
    expect(resumed.stderr).toMatch(/cannot be written/)
    expect(traces(folder)).toEqual(before)
    // the owner goes on
    const store = openStore(folder)
    updateRun(store, id, { notes: 'still mine' })
    expect(listRuns(store, { deleted: false })[0]!.notes).toBe('still mine')
    store.close()
  })

  test('a folder that only its owner writes: a command that changes something says why it cannot', async () => {
    const { folder, close } = someStore()
    close()
    chmodSync(folder, 0o755)
    const before = traces(folder)
    const imported = await asNobody(folder, ['import', '/nowhere.latent'])
    expect(imported).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/found no permission to write .*EACCES/) as string,
    })
    expect(traces(folder)).toEqual(before)
  })

  test('while its owner writes, what is in the log is shown too', async () => {
    const { folder, id, close } = someStore()
    chmodSync(folder, 0o755)
    expect(statSync(join(folder, 'studio.db-wal')).size).toBeGreaterThan(0)
    const { stdout } = await asNobody(folder, ['runs', '--json'])
    expect((JSON.parse(stdout) as { runs: { id: string }[] }).runs.map((run) => run.id)).toEqual([
      id,
    ])
    close()
  })
})

/** A folder for temporary files of this test alone. */
function ownTemporaryFiles(): string {
  const place = temporaryFolder()
  vi.stubEnv('TMPDIR', place)
  onTestFinished(() => void vi.unstubAllEnvs())
  return place
}

test('a view takes no write, and its copy has no name that a killed process could leave behind', async () => {
  const { folder, id, close } = someStore()
  close()
  const place = ownTemporaryFiles()
  const store = openView(folder)
  if (process.platform !== 'win32') expect(readdirSync(place)).toEqual([])
  expect(listRuns(store, { deleted: false }).map((run) => run.id)).toEqual([id])
  const reader = openReader(store)
  expect((await reader.readMetrics(id, { fromStep: 1, points: 100 })).count).toBe(40)
  await reader.close()
  expect(() => updateRun(store, id, { notes: 'x' })).toThrow(/cannot be written/)
  store.close()
  expect(readdirSync(place)).toEqual([])
  expect(readdirSync(folder).sort()).toEqual(['runs', 'studio.db'])
  expect(() => openView(temporaryFolder())).toThrow(/no studio\.db/)
})

test('a view of what cannot be opened says why and leaves nothing behind', () => {
  const { folder, close } = someStore()
  close()
  const place = ownTemporaryFiles()
  const foreign = Buffer.from(readFileSync(databaseFile(folder)))
  foreign.writeUInt32BE(123, 68)
  for (const bytes of [foreign, 'a text, not a database']) {
    writeFileSync(databaseFile(folder), bytes)
    expect(() => openView(folder)).toThrow(/another program|another kind of file/)
  }
  expect(readdirSync(place)).toEqual([])
})

test('a view of a store of the last release is brought up to date in its copy alone', () => {
  const folder = temporaryFolder()
  const { 'studio.db': database } = unzipSync(
    readFileSync(join(import.meta.dirname, 'stores', 'release-9eb56d0.zip')),
  )
  writeFileSync(databaseFile(folder), database!)
  const store = openView(folder)
  expect(listRuns(store, { deleted: false })).toHaveLength(2)
  store.close()
  expect(readFileSync(databaseFile(folder)).equals(database!)).toBe(true)
  expect(readdirSync(folder)).toEqual(['studio.db'])
})

// SQLite is the judge: it recovers the same database and log, cut anywhere, in a folder that can be
// written
test('a view shows what SQLite recovers from a log, whole, torn, damaged or begun again', () => {
  const source = openStore(temporaryFolder())
  source.database.pragma('wal_autocheckpoint = 0')
  const random = randomOf(5)
  const commit = (runs: number) =>
    inTransaction(source, () => {
      for (let left = runs; left > 0; left--)
        insertRun(source, sampleRun({ notes: 'x'.repeat(random() * 9000) }))
    })
  for (let transaction = 0; transaction < 6; transaction++) commit(1 + transaction)
  source.database.pragma('wal_checkpoint(PASSIVE)')
  // the next one begins the log again: what lies behind it is of the round before
  for (const runs of [2, 9, 1]) commit(runs)
  source.database.exec('DELETE FROM runs WHERE rowid % 3 = 0; PRAGMA incremental_vacuum')
  const [database, log] = ['', '-wal'].map((ending) =>
    readFileSync(databaseFile(source.dataFolder) + ending),
  )
  source.close()
  const rows = (store: Store) => store.database.prepare('SELECT * FROM runs ORDER BY rowid').all()
  const seen = new Set<number>()
  for (let turn = 0; turn < 12; turn++) {
    const folders = [temporaryFolder(), temporaryFolder()] as const
    const length = turn === 0 ? log!.length : Math.floor(random() * log!.length)
    const cut = Buffer.from(log!.subarray(0, length))
    if (turn > 8) cut[Math.floor(random() * length)]! ^= 8
    for (const folder of folders) {
      writeFileSync(databaseFile(folder), database!)
      writeFileSync(`${databaseFile(folder)}-wal`, cut)
    }
    const [view, recovered] = [openView(folders[0]), openStore(folders[1])]
    expect(view.database.pragma('integrity_check', { simple: true })).toBe('ok')
    const found = rows(view)
    expect(found, `turn ${turn}`).toEqual(rows(recovered))
    seen.add(found.length)
    for (const store of [view, recovered]) store.close()
  }
  // several states of the database were among them
  expect(seen.size).toBeGreaterThan(3)
})

test('a folder that exists keeps its mode', () => {
  const given = temporaryFolder()
  chmodSync(given, 0o755)
  openStore(given).close()
  expect(statSync(given).mode & 0o777).toBe(0o755)
})

// fcntl answers ENOLCK, as on a network folder without locks
const shim = `#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
static int refuse(int command) { return command == F_SETLK || command == F_SETLKW; }
int fcntl64(int file, int command, ...) {
  va_list list; va_start(list, command); void *argument = va_arg(list, void *); va_end(list);
  if (refuse(command)) { errno = ENOLCK; return -1; }
  return ((int (*)(int, int, void *))dlsym(RTLD_NEXT, "fcntl64"))(file, command, argument);
}
int fcntl(int file, int command, ...) {
  va_list list; va_start(list, command); void *argument = va_arg(list, void *); va_end(list);
  if (refuse(command)) { errno = ENOLCK; return -1; }
  return ((int (*)(int, int, void *))dlsym(RTLD_NEXT, "fcntl"))(file, command, argument);
}
`
const compiler = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0
const withCompiler = needing(
  compiler ? undefined : 'no C compiler on Linux, to stand in for such a file system',
)
withCompiler.test('a file system without locks is named', async () => {
  const place = temporaryFolder()
  writeFileSync(join(place, 'shim.c'), shim)
  const built = spawnSync('cc', [
    '-shared',
    '-fPIC',
    '-o',
    join(place, 'shim.so'),
    join(place, 'shim.c'),
    '-ldl',
  ])
  expect(built.stderr.toString()).toBe('')
  const folder = join(place, 'data')
  mkdirSync(folder)
  expect(() => requireLocks(folder)).not.toThrow()
  const child = spawn(process.execPath, [launcher, 'runs', '--data', folder], {
    env: { ...process.env, LD_PRELOAD: join(place, 'shim.so') },
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const code = await new Promise((done) => child.on('close', done))
  expect({ code, stderr }).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/cannot \(ENOLCK\), such as a network/) as string,
  })
  expect(readdirSync(folder).filter((name) => name.includes('.lock-'))).toEqual([])
})
