// The reader's thread answers as the store itself does, sees every commit, and passes errors on.
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { appendMetrics, readMetrics, rewindMetrics } from '../../main/store/metrics.ts'
import { openReader } from '../../main/store/reader.ts'
import { listRuns, updateRun } from '../../main/store/runs.ts'
import { seriesFrom } from './sample-run.ts'
import { storedRun, temporaryFolder, temporaryStore } from './sample.ts'

test('the reader says what the writer has committed, at once', async () => {
  const store = temporaryStore()
  const reader = openReader(store)
  onTestFinished(() => reader.close())
  const run = storedRun(store)
  storedRun(store, { deletedAt: 1 })
  for (let chunk = 0; chunk < 30; chunk++) {
    appendMetrics(store, run.id, 1 + chunk * 700, seriesFrom(1 + chunk * 700, 700))
    if (chunk % 7 === 6) rewindMetrics(store, run.id, (chunk + 1) * 700)
    const range = { fromStep: 1, points: 500 }
    expect(await reader.readMetrics(run.id, range)).toEqual(readMetrics(store, run.id, range))
  }
  updateRun(store, run.id, { name: 'renamed' })
  const list = await reader.listRuns({ deleted: false })
  expect(list).toEqual(listRuns(store, { deleted: false }))
  expect(list[0]!.name).toBe('renamed')
  expect(await reader.listRuns({ deleted: true })).toEqual(listRuns(store, { deleted: true }))
})

test('many questions at once are answered each', async () => {
  const store = temporaryStore()
  const reader = openReader(store)
  onTestFinished(() => reader.close())
  const run = storedRun(store)
  appendMetrics(store, run.id, 1, seriesFrom(1, 500))
  const steps = Array.from({ length: 100 }, (_, index) => index + 1)
  const answers = await Promise.all(
    steps.map((step) => reader.readMetrics(run.id, { fromStep: step, toStep: step, points: 1 })),
  )
  expect(answers.map(({ firstStep, data }) => [firstStep, data[0]])).toEqual(
    steps.map((step) => [step, seriesFrom(step, 1).reconstruction[0]]),
  )
})

test('a missing store is a typed error; after close every question is refused', async () => {
  const empty = temporaryFolder()
  const reader = openReader({
    ...temporaryStore(),
    dataFolder: empty,
    file: join(empty, 'studio.db'),
  })
  await expect(reader.listRuns({ deleted: false })).rejects.toMatchObject({ code: 'store-failed' })
  await reader.close()
  await expect(reader.listRuns({ deleted: false })).rejects.toMatchObject({ code: 'store-failed' })
})
