// Bits that flip in a database: what is whole is read right, what is not is named.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { unzipSync } from 'fflate'
import { expect, test, vi } from 'vitest'
import { forkNode } from '../../main/service/launch.ts'
import { fillChecksums, fillChecksumsLater } from '../../main/store/checksums.ts'
import { listCheckpoints } from '../../main/store/checkpointRows.ts'
import { listEvents } from '../../main/store/events.ts'
import { listFrames, readFrame } from '../../main/store/frameRows.ts'
import { appendMetrics, readMetrics } from '../../main/store/metrics.ts'
import { migrations } from '../../main/store/migrations.ts'
import { databaseFile, openReadOnly, openStore, type Store } from '../../main/store/open.ts'
import { findRun, insertRun, listRuns, newestConfig } from '../../main/store/runs.ts'
import { listValidations } from '../../main/store/validations.ts'
import { createStudio } from '../../main/studio.ts'
import { configFrom } from '../../preload/contract/config.ts'
import { damagedSteps } from '../../preload/contract/damagedSteps.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import { randomOf } from '../exporters/mutations.ts'
import { lastStep, runId, storeRun } from '../importers/storedRun.ts'
import { temporaryFolder } from './sample.ts'
import { sampleRun, seriesFrom } from './sample-run.ts'

const all = { fromStep: 1, points: 100_000 }

/** A closed store with a run of everything, and what is in it. */
function filled(): { folder: string; whole: ReturnType<typeof contents> } {
  const folder = temporaryFolder()
  const store = openStore(folder)
  storeRun(store)
  appendMetrics(store, runId, lastStep + 1, seriesFrom(lastStep + 1, 7500))
  const whole = contents(folder, store)
  store.close()
  return { folder, whole }
}

function contents(folder: string, store = openStore(folder)) {
  const metrics = readMetrics(store, runId, all)
  const frames = listFrames(store, runId).map(({ step }) => readFrame(store, runId, step))
  const rows = [
    listRuns(store, { deleted: false }),
    listValidations(store, runId),
    listEvents(store, runId),
    listCheckpoints(store, runId),
  ]
  return { metrics, frames, rows }
}

test('a flipped bit in a block: its steps are named and have no values, all others are right', () => {
  const { folder, whole } = filled()
  const store = openStore(folder)
  const where = 'WHERE level = 0 AND block = 2'
  const { data } = store.database.prepare(`SELECT data FROM metrics ${where}`).get() as {
    data: Buffer
  }
  data[9]! ^= 4
  store.database.prepare(`UPDATE metrics SET data = ? ${where}`).run(data)
  const found = readMetrics(store, runId, all)
  expect(found.damaged).toEqual([{ firstStep: 2049, lastStep: 3072 }])
  const wrong = found.data.findIndex((value, index) => {
    const step = (index % found.count) + 1
    return step > 2048 && step <= 3072 ? !Number.isNaN(value) : value !== whole.metrics.data[index]
  })
  expect(wrong).toBe(-1)
  expect(readMetrics(store, runId, { ...all, toStep: 2048 }).damaged).toEqual([])
  // the level above has blocks and checksums of its own: means are still there
  expect(readMetrics(store, runId, { fromStep: 1, points: 50 }).damaged).toEqual([])
  store.close()
})

test('a damaged block that a run adds to: an event keeps saying which values are missing', () => {
  const { folder, whole } = filled()
  const store = openStore(folder)
  const stored = whole.metrics.lastStep
  const where = 'WHERE level = 0 AND block = (SELECT max(block) FROM metrics WHERE level = 0)'
  const { block, data } = store.database
    .prepare(`SELECT block, data FROM metrics ${where}`)
    .get() as {
    block: number
    data: Buffer
  }
  data[9]! ^= 4
  store.database.prepare(`UPDATE metrics SET data = ? ${where}`).run(data)
  appendMetrics(store, runId, stored + 1, seriesFrom(stored + 1, 10))
  expect(listEvents(store, runId).at(-1)).toMatchObject({
    kind: 'note',
    text: damagedSteps([{ firstStep: block * 1024 + 1, lastStep: stored }]),
  })
  const { data: values, count } = readMetrics(store, runId, all)
  expect(count).toBe(stored + 10)
  expect([...values.subarray(stored, stored + 10)].some(Number.isNaN)).toBe(false)
  store.close()
})

test('a flipped bit in a frame: it alone is refused, by its step', () => {
  const { folder } = filled()
  const store = openStore(folder)
  store.database
    .prepare('UPDATE frames SET pixels = CAST(zeroblob(length(pixels)) AS BLOB) WHERE step = 2500')
    .run()
  expect(() => readFrame(store, runId, 2500)).toThrow(/frame at step 2500 .* damaged/)
  expect(readFrame(store, runId, 0).pixels).toHaveLength(72)
  store.close()
})

test.each([200, 4])(
  'of 10 databases with %i flipped bits each is read right or names its damage',
  (flips) => {
    const { folder, whole } = filled()
    const original = readFileSync(databaseFile(folder))
    const named: string[] = []
    for (let seed = 1; seed <= 10; seed++) {
      const random = randomOf(seed)
      const bytes = Buffer.from(original)
      for (let flip = 0; flip < flips; flip++)
        bytes[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8)
      for (const ending of ['', '-wal', '-shm'])
        rmSync(databaseFile(folder) + ending, { force: true })
      writeFileSync(databaseFile(folder), bytes)
      const said = new Set<string>()
      const attempt = <T>(read: () => T): T | null => {
        try {
          return read()
        } catch (error) {
          if (!(error instanceof StudioError))
            throw new Error(`seed ${seed}: ${String(error)}`, { cause: error })
          said.add(error.message)
          return null
        }
      }
      const store = attempt(() => openStore(folder))
      if (store) {
        const metrics = attempt(() => readMetrics(store, runId, all))
        for (const { firstStep, lastStep } of metrics?.damaged ?? [])
          said.add(`steps ${firstStep} to ${lastStep}`)
        const lost = (step: number) =>
          metrics!.damaged.some((range) => step >= range.firstStep && step <= range.lastStep)
        // what is not named is right
        const wrong = metrics?.data.findIndex((value, index) => {
          const step = (index % metrics.count) + 1
          return (
            !lost(step) &&
            value !==
              whole.metrics.data[Math.floor(index / metrics.count) * whole.metrics.count + step - 1]
          )
        })
        expect(wrong ?? -1, `seed ${seed}`).toBe(-1)
        for (const frame of whole.frames) {
          const found = attempt(() => readFrame(store, runId, frame.step))
          if (found) expect(found).toEqual(frame)
        }
        const rows = [
          attempt(() => listRuns(store, { deleted: false })),
          attempt(() => listValidations(store, runId)),
          attempt(() => listEvents(store, runId)),
          attempt(() => listCheckpoints(store, runId)),
        ]
        // rows of text have no checksum: with so many bits something else tells of the damage
        if (said.size === 0 && flips === 200) expect(rows).toEqual(whole.rows)
        store.close()
      }
      if (flips === 200) expect(said.size, `seed ${seed}`).toBeGreaterThan(0)
      named.push(`${said.size}`)
    }
    console.log(
      `${flips} flipped bits in each of 10 databases, damage named: ${named.join(', ')} times`,
    )
  },
)

test('"last", the list and the settings of the newest run follow the order in which runs were made, not a clock that was ahead', () => {
  const folder = temporaryFolder()
  const store = openStore(folder)
  const runs = [9e12, 5, 7].map((createdAt, index) =>
    sampleRun({
      createdAt,
      name: `run ${index}`,
      config: { ...configFrom('tutorial'), latentSize: 2 + index },
    }),
  )
  for (const run of runs) insertRun(store, run)
  expect(findRun(store, 'last').name).toBe('run 2')
  expect(newestConfig(store)!.latentSize).toBe(4)
  const list = listRuns(store, { deleted: false })
  expect(list.map(({ name }) => name)).toEqual(['run 2', 'run 1', 'run 0'])
  expect(list[0]!.order).toBeGreaterThan(list[1]!.order)
  store.close()
})

// Two short runs of the release before checksums (commit 9eb56d0): "old a" with frames, "old b"
// without.
function storeOfLastRelease(): string {
  const folder = temporaryFolder()
  const archive = unzipSync(
    readFileSync(join(import.meta.dirname, 'stores', 'release-9eb56d0.zip')),
  )
  for (const [name, bytes] of Object.entries(archive)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    if (!name.endsWith('/')) writeFileSync(join(folder, name), bytes)
  }
  return folder
}

const unchecked = (store: Store) =>
  ['metrics', 'frames'].map((table) =>
    store.database.prepare(`SELECT count(*) FROM ${table} WHERE crc IS NULL`).pluck().get(),
  )

test('a store of the last release opens, gets its checksums piece by piece and is read whole', () => {
  const folder = storeOfLastRelease()
  const store = openStore(folder)
  // the start waits for none of them, and what has none is read all the same
  expect(unchecked(store)).toEqual([4, 2])
  expect(readMetrics(store, findRun(store, 'last').id, all)).toMatchObject({
    count: 40,
    damaged: [],
  })
  expect(fillChecksums(store.database)).toBe(true)
  expect(unchecked(store)).toEqual([0, 2])
  while (fillChecksums(store.database));
  expect(unchecked(store)).toEqual([0, 0])
  expect(store.database.pragma('user_version', { simple: true })).toBe(migrations.length)
  const list = listRuns(store, { deleted: false })
  expect(list.map(({ name, status, step }) => [name, status, step])).toEqual([
    ['old b', 'finished', 40],
    ['old a', 'finished', 40],
  ])
  for (const { id } of list) {
    const { count, damaged, data } = readMetrics(store, id, all)
    expect({ count, damaged }).toEqual({ count: 40, damaged: [] })
    expect(data.every((value) => Number.isFinite(value))).toBe(true)
    expect(listValidations(store, id).map(({ step }) => step)).toEqual([20, 40])
    for (const { file } of listCheckpoints(store, id))
      expect(existsSync(join(folder, 'runs', id, file))).toBe(true)
    for (const { step } of listFrames(store, id))
      expect(readFrame(store, id, step).pixels).toHaveLength(4 * 784)
  }
  expect(list.map(({ id }) => listFrames(store, id).length)).toEqual([0, 2])
  store.close()
  expect(readdirSync(folder).sort()).toEqual(['owner.lock', 'runs', 'studio.db'])
})

test('one piece of checksums is small, however much is missing', () => {
  const store = openStore(temporaryFolder())
  const run = sampleRun()
  insertRun(store, run)
  appendMetrics(store, run.id, 1, seriesFrom(1, 200_000))
  store.database.exec('UPDATE metrics SET crc = NULL')
  const [before] = unchecked(store) as [number]
  fillChecksums(store.database)
  const filled = before - (unchecked(store) as [number])[0]
  expect(filled).toBeGreaterThan(0)
  expect(filled).toBeLessThan(before / 2)
  store.close()
})

test('an owner gives an older store its checksums while it is open; closing it ends that', async () => {
  const folder = storeOfLastRelease()
  const cacheFolder = join(folder, 'cache')
  const studio = await createStudio({
    dataFolder: folder,
    cacheFolder,
    fork: forkNode(),
    shell: 'cli',
  })
  const seen = openReadOnly(folder)
  await vi.waitFor(() => expect(unchecked(seen)).toEqual([0, 0]), { timeout: 20_000 })
  seen.close()
  await studio.close()
  const closed = openStore(storeOfLastRelease())
  fillChecksumsLater(closed, { after: 0, pause: 0 })
  closed.close()
  await new Promise((resolve) => setTimeout(resolve, 5))
})
