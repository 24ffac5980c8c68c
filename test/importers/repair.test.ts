// A list of runs that was lost or damaged is rebuilt from the checkpoints. Nothing else is touched,
// whatever fails, and no file of a run is lost by it, also not at the next start.
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { decodeCheckpoint, encodeCheckpoint } from '../../main/engine/checkpoint.ts'
import { diskLayer, type FileLayer } from '../../main/files/atomic.ts'
import { refuseSound, repair } from '../../main/importers/repair.ts'
import { listCheckpoints } from '../../main/store/checkpointRows.ts'
import { listEvents } from '../../main/store/events.ts'
import { appendMetrics, readMetrics, skipLostSteps } from '../../main/store/metrics.ts'
import { databaseFile, openStore } from '../../main/store/open.ts'
import { recover } from '../../main/store/recover.ts'
import { findRun, insertRun, listRuns } from '../../main/store/runs.ts'
import { temporaryFolder } from '../store/sample.ts'
import { sampleRun, seriesFrom } from '../store/sample-run.ts'
import { checkpointAt, runId, storeRun } from './storedRun.ts'

/** A closed store with a run of everything. */
function filled(): string {
  const folder = temporaryFolder()
  const store = openStore(folder)
  storeRun(store)
  store.close()
  return folder
}

const checkpointFile = (folder: string, name: string) => join(folder, 'runs', runId, name)
const filesOf = (folder: string) => readdirSync(join(folder, 'runs', runId)).sort()

function damage(folder: string): Buffer {
  const bytes = readFileSync(databaseFile(folder)).fill(7, 4096, 9 * 4096)
  writeFileSync(databaseFile(folder), bytes)
  return bytes
}

test('a lost list is not begun anew in silence, and is rebuilt from the checkpoints', async () => {
  const folder = filled()
  expect(() => refuseSound(folder)).toThrow(/Nothing needs repair/)
  for (const lose of [(file: string) => rmSync(file), (file: string) => truncateSync(file, 0)]) {
    lose(databaseFile(folder))
    expect(() => openStore(folder)).toThrow(
      /runs\/ holds the checkpoints of 1 run\. .*latent doctor --repair/,
    )
    refuseSound(folder)
    expect(await repair(folder)).toEqual({
      kept: null,
      runs: [{ id: runId, step: 2500, checkpoints: 2 }],
      unused: [],
    })
    const store = openStore(folder)
    const run = findRun(store, runId)
    expect(run).toMatchObject({
      status: 'interrupted',
      step: 2500,
      parameterCount: expect.any(Number) as number,
    })
    expect(run.config.encoderLayers).toEqual([4])
    expect(listCheckpoints(store, runId).map(({ step, usable }) => [step, usable])).toEqual([
      [2000, true],
      [2500, true],
    ])
    expect(store.database.pragma('auto_vacuum', { simple: true })).toBe(2)
    store.close()
  }
})

test('a damaged database is named with the way out, and kept under a dated name', async () => {
  const folder = filled()
  const bytes = damage(folder)
  chmodSync(databaseFile(folder), 0o664)
  writeFileSync(checkpointFile(folder, 'step-2500-stop.safetensors'), 'cut')
  refuseSound(folder)
  const repaired = await repair(folder, { now: new Date('2026-11-30T12:34:56Z') })
  expect(repaired.kept).toBe(join(folder, 'studio.db.damaged-2026-11-30T12-34-56'))
  // opening it counted a change in its header
  expect(readFileSync(repaired.kept!).subarray(4096).equals(bytes.subarray(4096))).toBe(true)
  expect(repaired.runs).toEqual([{ id: runId, step: 2000, checkpoints: 1 }])
  if (process.platform !== 'win32') expect(statSync(databaseFile(folder)).mode & 0o777).toBe(0o664)
  writeFileSync(databaseFile(folder), Buffer.alloc(5000, 1))
  expect(() => openStore(folder)).toThrow(/latent doctor --repair/)
})

test('no file of a run is lost: the next start removes none, and a program that can read one takes it back', async () => {
  const folder = filled()
  const { meta, state } = decodeCheckpoint(checkpointAt(2500))
  const newer = encodeCheckpoint({ ...meta, version: 2 as 1 }, state)
  const frame = encodeCheckpoint(
    { ...meta, progress: { ...meta.progress, step: 2600 } },
    { ...state, slots: {} },
  )
  const given = {
    'step-2000-best.safetensors': checkpointAt(2000),
    'step-2100-interval.safetensors': 'cut',
    'step-2500-stop.safetensors': newer,
    'step-2600-frame-aaaaaa.safetensors': frame,
    // of the same step, from two processes: one row holds one of them
    'step-2600-frame-bbbbbb.safetensors': frame,
  }
  for (const [name, bytes] of Object.entries(given))
    writeFileSync(checkpointFile(folder, name), bytes)
  rmSync(databaseFile(folder))
  const { runs, unused } = await repair(folder)
  expect(runs).toEqual([{ id: runId, step: 2600, checkpoints: 1 }])
  const renamed = [
    'step-2100-interval.safetensors',
    'step-2500-stop.safetensors',
    'step-2600-frame-bbbbbb.safetensors',
  ]
  expect(unused.map(({ file, now }) => [basename(file), basename(now)])).toEqual(
    renamed.map((name) => [name, `${name}.unused`]),
  )
  const after = Object.keys(given).map((name) => (renamed.includes(name) ? `${name}.unused` : name))
  expect(filesOf(folder)).toEqual(after)
  let store = openStore(folder)
  expect(recover(store)).toMatchObject({ orphans: [], missing: [] })
  expect(filesOf(folder)).toEqual(after)
  expect(findRun(store, runId).statusReason).toMatch(/resume from step 2000/)
  const said = listEvents(store, runId).filter(({ kind }) => kind === 'checkpoint-damaged')
  expect(said.map(({ text }) => text.split(' ')[0])).toEqual(renamed)
  store.close()

  writeFileSync(checkpointFile(folder, 'step-2500-stop.safetensors.unused'), checkpointAt(2500))
  rmSync(databaseFile(folder))
  expect((await repair(folder)).runs).toEqual([{ id: runId, step: 2600, checkpoints: 2 }])
  store = openStore(folder)
  expect(recover(store)).toMatchObject({ orphans: [], missing: [] })
  expect(filesOf(folder)).toEqual(
    after.map((name) => name.replace('stop.safetensors.unused', 'stop.safetensors')),
  )
  store.close()
})

test('a run without a checkpoint that can be read is left as it is', async () => {
  const folder = filled()
  rmSync(databaseFile(folder))
  for (const name of filesOf(folder)) writeFileSync(checkpointFile(folder, name), 'cut')
  const before = filesOf(folder)
  const { runs, unused } = await repair(folder)
  expect({ runs, moved: unused.filter(({ file, now }) => file !== now) }).toEqual({
    runs: [],
    moved: [],
  })
  expect(unused).toHaveLength(2)
  const store = openStore(folder)
  recover(store)
  store.close()
  expect(filesOf(folder)).toEqual(before)
})

describe('a database that is not damaged is never moved', () => {
  test.each([
    ['of another program', 'application_id = 123', /another program/],
    ['of a newer version', 'user_version = 900', /version 900/],
  ])('%s', (_, pragma, message) => {
    const folder = filled()
    const store = openStore(folder)
    store.database.pragma(pragma)
    store.close()
    expect(() => refuseSound(folder)).toThrow(message)
  })

  test('a folder in its place', () => {
    const folder = temporaryFolder()
    openStore(join(folder, 'studio.db')).close()
    expect(() => refuseSound(folder)).toThrow(/cannot be opened/)
  })
})

test('whatever fails, each file has its old name and content, and the repair can be done again', async () => {
  const folder = filled()
  const bytes = damage(folder)
  writeFileSync(`${databaseFile(folder)}-wal`, 'its log')
  writeFileSync(checkpointFile(folder, 'step-2500-stop.safetensors'), 'cut')
  const listing = () => [readdirSync(folder).sort(), filesOf(folder)]
  const before = listing()
  let failures = 0
  for (let failAt = 0; ; failAt++) {
    let calls = 0
    let hasFailed = false
    const step = <T>(work: () => Promise<T>): Promise<T> => {
      if (calls++ !== failAt) return work()
      hasFailed = true
      return Promise.reject(Object.assign(new Error('no'), { code: 'EIO' }))
    }
    const layer: FileLayer = {
      ...diskLayer,
      create: (path, mode) => step(() => diskLayer.create(path, mode)),
      rename: (from, to) => step(() => diskLayer.rename(from, to)),
    }
    const repaired = await repair(folder, { layer }).catch((error: unknown) => error)
    if (!hasFailed) break
    failures++
    expect(repaired).toMatchObject({ code: 'store-failed' })
    expect(listing()).toEqual(before)
    expect(readFileSync(databaseFile(folder)).equals(bytes)).toBe(true)
  }
  // the temporary file, the checkpoint, the database, its log, the new database
  expect(failures).toBe(5)
  expect(existsSync(`${databaseFile(folder)}-wal`)).toBe(false)
  const store = openStore(folder)
  expect(listRuns(store, { deleted: false }).map(({ id }) => id)).toEqual([runId])
  store.close()
})

test('a rebuilt run goes on: the steps that were lost have no values, all later ones do', async () => {
  const folder = filled()
  rmSync(databaseFile(folder))
  await repair(folder)
  const store = openStore(folder)
  skipLostSteps(store, runId, 2500)
  expect(listEvents(store, runId).at(-1)!.text).toMatch(/steps 1 to 2,500 /)
  for (let step = 2501; step <= 5500; step += 100)
    appendMetrics(store, runId, step, seriesFrom(step, 100))
  skipLostSteps(store, runId, 5500)
  const { count, data } = readMetrics(store, runId, { fromStep: 1, points: 10_000 })
  expect(count).toBe(5500)
  expect(data.subarray(0, 2500).every(Number.isNaN)).toBe(true)
  expect(data.subarray(2500, 5500)).toEqual(seriesFrom(2501, 3000).reconstruction)
  const coarse = readMetrics(store, runId, { fromStep: 1, points: 20 })
  expect(Number.isFinite(coarse.data[coarse.count - 1])).toBe(true)
  store.close()
})

test('a series that ends inside a block goes on after lost steps with what it had', () => {
  const store = openStore(temporaryFolder())
  const run = sampleRun()
  insertRun(store, run)
  appendMetrics(store, run.id, 1, seriesFrom(1, 40))
  skipLostSteps(store, run.id, 50)
  appendMetrics(store, run.id, 51, seriesFrom(51, 10))
  const { data, damaged } = readMetrics(store, run.id, { fromStep: 1, points: 100 })
  const expected = Float32Array.from(seriesFrom(1, 60).reconstruction).fill(NaN, 40, 50)
  expect(data.subarray(0, 60)).toEqual(expected)
  expect(damaged).toEqual([])
  expect(findRun(store, run.id).step).toBe(60)
  store.close()
})
