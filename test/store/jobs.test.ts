// Rows of jobs: how they end, which are put away, what a new owner makes of those that were
// running.
import { expect, test } from 'vitest'
import {
  endJob,
  forgetScratch,
  insertJob,
  interruptJobs,
  leftScratch,
  listJobs,
  mostJobs,
  putAwayOldest,
  readJob,
  removeJob,
} from '../../main/store/jobRows.ts'
import { openStore } from '../../main/store/open.ts'
import { recover } from '../../main/store/recover.ts'
import type { Job } from '../../preload/contract/jobs.ts'
import { temporaryFolder, temporaryStore } from './sample.ts'

const job = (id: string, changes: Partial<Job> = {}): Job => ({
  ...{
    id,
    kind: 'evaluate',
    title: `Evaluate ${id}`,
    run: 'abc',
    status: 'running',
    progress: null,
  },
  ...{ createdAt: 1, endedAt: null, error: null, result: null },
  ...changes,
})

test('comes back as it was stored, numbers that are none included, newest first', () => {
  const store = temporaryStore()
  const evaluation = { reconstruction: NaN, kl: 2, klPerDimension: [1, Infinity] } as never
  const done = job('a', { status: 'done', endedAt: 5, result: { kind: 'evaluate', evaluation } })
  const failed = job('b', {
    status: 'failed',
    endedAt: 6,
    run: null,
    error: { code: 'host-failed', message: 'It died.' },
  })
  for (const one of [done, failed, job('c')]) insertJob(store, one, null)
  for (const one of [done, failed]) endJob(store, one)
  expect(listJobs(store)).toEqual([job('c'), failed, done])
  expect(removeJob(store, 'b')).toBe(true)
  expect(removeJob(store, 'b')).toBe(false)
  expect(readJob(store, 'b')).toBeNull()
})

test(`of more than ${mostJobs} the oldest that have ended are put away, a running one never`, () => {
  const store = temporaryStore()
  for (let index = 0; index < mostJobs + 5; index += 1) {
    insertJob(store, job(`${index}`, { createdAt: index }), null)
    if (index !== 1) endJob(store, job(`${index}`, { status: 'done', endedAt: index + 1 }))
  }
  expect(putAwayOldest(store)).toEqual(['0', '2', '3', '4', '5'])
  expect(listJobs(store)).toHaveLength(mostJobs)
  expect(readJob(store, '1')?.status).toBe('running')
  expect(putAwayOldest(store)).toEqual([])
})

test('what was running when an owner ended is interrupted, and says where it may have left files until that is settled', () => {
  const folder = temporaryFolder()
  const store = openStore(folder)
  const scratch = { path: '/elsewhere/model.onnx', mark: '0123456789ab' }
  insertJob(store, job('export'), scratch)
  insertJob(store, job('ended'), { path: '/elsewhere/b', mark: 'ba9876543210' })
  endJob(store, job('ended', { status: 'done', endedAt: 3 }))
  expect(leftScratch(store)).toEqual([])
  store.close()
  const next = openStore(folder)
  expect(recover(next).jobs).toEqual(['export'])
  expect(readJob(next, 'export')).toMatchObject({
    status: 'interrupted',
    error: null,
    result: null,
  })
  expect(readJob(next, 'export')!.endedAt).toBeGreaterThan(1)
  expect(leftScratch(next)).toEqual([{ id: 'export', scratch }])
  forgetScratch(next, 'export')
  expect(leftScratch(next)).toEqual([])
  expect(interruptJobs(next, 9)).toEqual([])
  next.close()
})
