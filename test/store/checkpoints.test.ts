// Checkpoint rows and the order a new owner makes: which files count, which go, what is said of
// missing ones.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../main/files/atomic.ts'
import {
  addCheckpoint,
  forgetFrameWeights,
  listCheckpoints,
  markCheckpointUnusable,
  removeCheckpoint,
  removeFiles,
  stepsWithWeights,
  supersededCheckpoints,
  usableCheckpoints,
  usableWeights,
} from '../../main/store/checkpointRows.ts'
import { listEvents } from '../../main/store/events.ts'
import { appendMetrics } from '../../main/store/metrics.ts'
import { openStore, runFolder, type Store } from '../../main/store/open.ts'
import { recover } from '../../main/store/recover.ts'
import { readRun } from '../../main/store/runs.ts'
import { runStatuses, type Checkpoint, type Run } from '../../preload/contract/records.ts'
import { seriesFrom } from './sample-run.ts'
import { storedRun, temporaryStore } from './sample.ts'

/** Writes a checkpoint's file and registers it. */
function checkpoint(
  store: Store,
  run: Run,
  step: number,
  reason: Checkpoint['reason'],
  file = `step-${step}-${reason}.safetensors`,
): Checkpoint {
  const bytes = Buffer.from(`weights of step ${step}`)
  mkdirSync(runFolder(store, run.id), { recursive: true })
  writeFileSync(join(runFolder(store, run.id), file), bytes)
  const row: Checkpoint = {
    run: run.id,
    step,
    reason,
    file,
    sha256: sha256(bytes),
    bytes: bytes.length,
    createdAt: step,
    backend: 'wasm',
    mode: 'eager',
    validationTotal: null,
    usable: true,
  }
  addCheckpoint(store, row)
  return row
}

const files = (store: Store, run: Run) => readdirSync(runFolder(store, run.id)).sort()

test('rows come back as they went in, oldest first; usable ones newest first', () => {
  const store = temporaryStore()
  const run = storedRun(store)
  const [late, early, both] = [
    checkpoint(store, run, 20, 'interval'),
    checkpoint(store, run, 10, 'pause'),
    checkpoint(store, run, 20, 'best'),
  ]
  expect(listCheckpoints(store, run.id)).toEqual([early, late, both])
  expect(usableCheckpoints(store, run.id)).toEqual([both, late, early])
  const again = { ...late, sha256: 'ff'.repeat(32), validationTotal: 1.5 }
  addCheckpoint(store, again)
  expect(listCheckpoints(store, run.id)).toContainEqual(again)
  expect(listCheckpoints(store, run.id)).toHaveLength(3)
  for (const file of ['../outside.safetensors', 'a/b', '..', ''])
    expect(() => addCheckpoint(store, { ...late, file })).toThrow(
      expect.objectContaining({ code: 'bad-input' }),
    )
})

test('a damaged one is left out from then on, once said', () => {
  const store = temporaryStore()
  const run = storedRun(store)
  checkpoint(store, run, 10, 'interval')
  checkpoint(store, run, 20, 'interval')
  checkpoint(store, run, 20, 'best')
  markCheckpointUnusable(store, run.id, 20, 'its sha256 differs.', 'step-20-best.safetensors')
  expect(usableCheckpoints(store, run.id).map(({ file }) => file)).toEqual([
    'step-20-interval.safetensors',
    'step-10-interval.safetensors',
  ])
  markCheckpointUnusable(store, run.id, 20, 'its sha256 differs.')
  markCheckpointUnusable(store, run.id, 20, 'its sha256 differs.')
  expect(usableCheckpoints(store, run.id).map(({ step }) => step)).toEqual([10])
  expect(listEvents(store, run.id).map(({ kind, step }) => [kind, step])).toEqual([
    ['checkpoint-damaged', 20],
    ['checkpoint-damaged', 20],
  ])
})

test('interval checkpoints beyond the newest two are superseded, best ones beyond the newest; a shared file stays', () => {
  const store = temporaryStore()
  const run = storedRun(store)
  for (const step of [10, 20, 30, 40, 50])
    checkpoint(store, run, step, 'interval', `step-${step}.safetensors`)
  for (const [step, reason] of [
    [20, 'best'],
    [15, 'best'],
    [5, 'pause'],
    [4, 'pause'],
    [0, 'start'],
    [60, 'end'],
  ] as const)
    checkpoint(store, run, step, reason, `step-${step}.safetensors`)
  markCheckpointUnusable(store, run.id, 50, 'cut.')
  const superseded = supersededCheckpoints(store, run.id)
  expect(superseded.map(({ step, reason }) => [step, reason])).toEqual([
    [20, 'interval'],
    [10, 'interval'],
    [15, 'best'],
  ])
  for (const each of superseded) removeCheckpoint(store, each)
  expect(supersededCheckpoints(store, run.id)).toEqual([])
  expect(files(store, run)).toEqual([
    'step-0.safetensors',
    'step-20.safetensors',
    'step-30.safetensors',
    'step-4.safetensors',
    'step-40.safetensors',
    'step-5.safetensors',
    'step-50.safetensors',
    'step-60.safetensors',
  ])
  expect(listCheckpoints(store, run.id).map(({ step, reason }) => `${step} ${reason}`)).toEqual([
    '0 start',
    '4 pause',
    '5 pause',
    '20 best',
    '30 interval',
    '40 interval',
    '50 interval',
    '60 end',
  ])
})

test('weights of frames are looked at by their step, and training never goes on from them', async () => {
  const store = temporaryStore()
  const run = storedRun(store)
  for (const step of [0, 10, 20, 30]) checkpoint(store, run, step, 'frame')
  const [best, end] = [checkpoint(store, run, 20, 'best'), checkpoint(store, run, 25, 'end')]
  expect(usableCheckpoints(store, run.id)).toEqual([end, best])
  expect(supersededCheckpoints(store, run.id)).toEqual([])
  expect(stepsWithWeights(store, run.id)).toEqual([0, 10, 20, 25, 30])
  expect(usableWeights(store, run.id, 20).map(({ reason }) => reason)).toEqual(['best', 'frame'])
  markCheckpointUnusable(store, run.id, 20, 'cut.', best.file)
  expect(usableWeights(store, run.id, 20).map(({ reason }) => reason)).toEqual(['frame'])
  expect(usableWeights(store, run.id, 15)).toEqual([])

  const gone = forgetFrameWeights(store, run.id, 10)
  expect(gone.sort()).toEqual(['step-20-frame.safetensors', 'step-30-frame.safetensors'])
  expect(listCheckpoints(store, run.id).map(({ step, reason }) => `${step} ${reason}`)).toEqual([
    '0 frame',
    '10 frame',
    '20 best',
    '25 end',
  ])
  await removeFiles(store, run.id, gone)
  expect(files(store, run)).toEqual([
    'step-0-frame.safetensors',
    'step-10-frame.safetensors',
    'step-20-best.safetensors',
    'step-25-end.safetensors',
  ])
})

describe('a new owner', () => {
  test('keeps the weights of frames with a row, removes those without, and goes on from a checkpoint', () => {
    const store = temporaryStore()
    const run = storedRun(store, { status: 'running' })
    appendMetrics(store, run.id, 1, seriesFrom(1, 50))
    checkpoint(store, run, 40, 'interval')
    const { file } = checkpoint(store, run, 45, 'frame')
    // killed between file and row, and while it was written
    writeFileSync(join(runFolder(store, run.id), 'step-50-frame-abc123.safetensors'), 'weights')
    writeFileSync(
      join(runFolder(store, run.id), '.step-51-frame-abc123.safetensors.0123456789ab.tmp'),
      'wei',
    )
    const { orphans } = recover(store)
    expect(orphans).toHaveLength(2)
    expect(files(store, run)).toEqual(['step-40-interval.safetensors', file])
    expect(readRun(store, run.id)!.statusReason).toMatch(/It can resume from step 40\./)
  })

  test('interrupts what claimed to live, and nothing else', () => {
    const store = temporaryStore()
    const runs = runStatuses.map((status) => storedRun(store, { status, name: status }))
    const running = runs.find(({ status }) => status === 'running')!
    appendMetrics(store, running.id, 1, seriesFrom(1, 42))
    checkpoint(store, running, 40, 'interval')
    const { interrupted } = recover(store)
    expect(interrupted.map((id) => readRun(store, id)!.name).sort()).toEqual([
      'paused',
      'preparing',
      'running',
    ])
    const now = readRun(store, running.id)!
    expect(now).toMatchObject({ status: 'interrupted', step: 42 })
    expect(now.statusReason).toMatch(/was running, at step 42\. It can resume from step 40\./)
    expect(listEvents(store, running.id)).toMatchObject([
      { kind: 'interrupted', step: 42, text: now.statusReason },
    ])
    for (const run of runs.filter(({ id }) => !interrupted.includes(id)))
      expect(readRun(store, run.id)).toEqual(run)
    expect(recover(store)).toEqual({ interrupted: [], jobs: [], orphans: [], missing: [] })
  })

  test('removes files of ours without a row and empty folders without a run, and no other file', () => {
    const store = temporaryStore()
    const run = storedRun(store, { status: 'finished' })
    checkpoint(store, run, 10, 'end')
    const place = (folder: string, name: string) => {
      mkdirSync(runFolder(store, folder), { recursive: true })
      writeFileSync(join(runFolder(store, folder), name), 'x')
    }
    place(run.id, 'step-20.safetensors')
    place(run.id, '.step-30.safetensors.0123456789ab.tmp')
    place(run.id, 'my notes.txt')
    place('gone', 'step-1.safetensors')
    place('foreign', 'photo.jpg')
    writeFileSync(join(store.dataFolder, '.owner.json.0123456789ab.tmp'), 'x')
    writeFileSync(join(store.dataFolder, 'other.tmp'), 'x')
    const { orphans } = recover(store)
    expect(orphans.sort()).toEqual(
      [
        '.owner.json.0123456789ab.tmp',
        join('runs', run.id, '.step-30.safetensors.0123456789ab.tmp'),
        join('runs', run.id, 'step-20.safetensors'),
      ].sort(),
    )
    expect(files(store, run)).toEqual(['my notes.txt', 'step-10-end.safetensors'])
    expect(readdirSync(join(store.dataFolder, 'runs')).sort()).toEqual(
      ['foreign', 'gone', run.id].sort(),
    )
    // all that is left of a run whose database was moved away
    expect(readdirSync(runFolder(store, 'gone'))).toEqual(['step-1.safetensors'])
    expect(existsSync(join(store.dataFolder, 'other.tmp'))).toBe(true)
  })

  test('marks rows whose file is gone or cut, and the run goes on from the one before', () => {
    const store = temporaryStore()
    const run = storedRun(store)
    for (const step of [10, 20, 30]) checkpoint(store, run, step, 'interval')
    checkpoint(store, run, 30, 'best', 'step-30-interval.safetensors')
    unlinkSync(join(runFolder(store, run.id), 'step-30-interval.safetensors'))
    truncateSync(join(runFolder(store, run.id), 'step-20-interval.safetensors'), 4)
    const { missing } = recover(store)
    expect(missing).toEqual([
      {
        run: run.id,
        step: 20,
        file: 'step-20-interval.safetensors',
        why: 'step-20-interval.safetensors should have 18 bytes and has 4.',
      },
      {
        run: run.id,
        step: 30,
        file: 'step-30-interval.safetensors',
        why: 'step-30-interval.safetensors is gone.',
      },
    ])
    expect(usableCheckpoints(store, run.id).map(({ step }) => step)).toEqual([10])
    expect(readRun(store, run.id)!.statusReason).toContain('It can resume from step 10')
    expect(listEvents(store, run.id).map(({ kind }) => kind)).toEqual([
      'checkpoint-damaged',
      'checkpoint-damaged',
      'interrupted',
    ])
    expect(recover(store).missing).toEqual([])
  })

  test('does so over a store that was closed and opened again', () => {
    const store = temporaryStore()
    const run = storedRun(store)
    checkpoint(store, run, 10, 'interval')
    store.close()
    const next = openStore(store.dataFolder)
    expect(recover(next)).toEqual({ interrupted: [run.id], jobs: [], orphans: [], missing: [] })
    next.close()
  })
})
