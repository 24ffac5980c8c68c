// Runs: kept with every field, found by what a person types, listed, changed and deleted.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addEvent, listEvents } from '../../main/store/events.ts'
import { addFrame, listFrames, readFrame } from '../../main/store/frameRows.ts'
import { appendMetrics, lastMetricStep } from '../../main/store/metrics.ts'
import { runFolder } from '../../main/store/open.ts'
import {
  deleteRunForever,
  findRun,
  listRuns,
  newRunId,
  nextColour,
  readRun,
  readRunSummary,
  updateRun,
} from '../../main/store/runs.ts'
import { addValidation, listValidations } from '../../main/store/validations.ts'
import type { Run } from '../../preload/contract/records.ts'
import { sampleRun, seriesFrom } from './sample-run.ts'
import { storedRun, temporaryStore } from './sample.ts'

test('a run comes back with every field as it was', () => {
  const store = temporaryStore()
  const loss = { reconstruction: 1.25, kl: Infinity, total: NaN }
  const validation = { ...loss, step: 3, klPerDimension: [0.5, NaN, -Infinity] }
  const run = storedRun(store, {
    name: 'naïve “β” \u{1f600}',
    last: loss,
    lastValidation: validation,
    bestValidation: null,
    notes: '{"number": "NaN"}',
    startedAt: 5,
    threads: null,
  })
  expect(readRun(store, run.id)).toEqual(run)
  expect(readRun(store, 'missing')).toBeNull()
})

test('changes touch their fields only, and never the id', () => {
  const store = temporaryStore()
  const run = storedRun(store)
  const changes: Partial<Run> = {
    id: 'other',
    status: 'finished',
    step: 12,
    bestValidation: { step: 1, reconstruction: 1, kl: 2, total: 3, klPerDimension: [2] },
    preset: null,
  }
  const changed = updateRun(store, run.id, changes)
  expect(changed).toEqual({ ...run, ...changes, id: run.id })
  expect(updateRun(store, run.id, {})).toEqual(changed)
  expect(() => updateRun(store, 'nobody', { step: 1 })).toThrow(
    expect.objectContaining({ code: 'not-found' }),
  )
})

describe('finding', () => {
  test('by id, name, unique beginning, last; the trash comes second', () => {
    const store = temporaryStore()
    const first = storedRun(store, { id: 'abcd234567', name: 'first', createdAt: 1 })
    const second = storedRun(store, { id: 'abce234567', name: 'second', createdAt: 2 })
    storedRun(store, { id: 'zzzz234567', name: 'second', createdAt: 3, deletedAt: 9 })
    expect(findRun(store, 'abcd234567')).toEqual(first)
    expect(findRun(store, 'first')).toEqual(first)
    expect(findRun(store, 'abce')).toEqual(second)
    expect(findRun(store, 'second')).toEqual(second)
    expect(findRun(store, 'last')).toEqual(second)
    expect(findRun(store, 'zz').deletedAt).toBe(9)
  })

  test('what is not there says what is near, or which ones match', () => {
    const store = temporaryStore()
    expect(() => findRun(store, 'last')).toThrow(
      expect.objectContaining({
        code: 'not-found',
        message: expect.stringContaining('Expected a run, found none. Start one with') as string,
      }),
    )
    storedRun(store, { id: 'abcd234567', name: 'beta four' })
    storedRun(store, { id: 'abce234567', name: 'twins' })
    storedRun(store, { id: 'mnop234567', name: 'twins' })
    const message = (reference: string) => {
      try {
        return findRun(store, reference).id
      } catch (error) {
        expect(error).toMatchObject({ code: 'not-found' })
        return (error as Error).message
      }
    }
    expect(message('abc')).toMatch(
      /found 2: abce234567 \(twins\), abcd234567 \(beta four\). Use an id/,
    )
    expect(message('twins')).toMatch(/found 2/)
    expect(message('beta for')).toMatch(
      /found none; did you mean "beta four" \(abcd234567\)\. `latent runs`/,
    )
    expect(message('mnoq')).toMatch(/did you mean "twins" \(mnop234567\)/)
    expect(message('something else')).toMatch(/found none\. `latent runs`/)
    expect(message('')).toMatch(/found none/)
    expect(message("' OR 1=1 --")).toMatch(/found none/)
  })

  test('ids are their own, and short', () => {
    const ids = Array.from({ length: 2000 }, newRunId)
    expect(new Set(ids).size).toBe(2000)
    expect(ids.every((id) => /^[a-km-np-z2-9]{10}$/.test(id))).toBe(true)
  })
})

test('the list is newest first, the trash apart, with sparkline and newest frame', () => {
  const store = temporaryStore()
  const [a, b, c] = [
    storedRun(store, { createdAt: 10 }),
    storedRun(store, { createdAt: 30 }),
    storedRun(store, { createdAt: 20, deletedAt: 40 }),
  ]
  appendMetrics(store, a.id, 1, seriesFrom(1, 10))
  const pixels = Uint8Array.of(1, 2, 3, 4)
  for (const step of [0, 7])
    addFrame(store, a.id, {
      step,
      grid: 1,
      tileWidth: 2,
      tileHeight: 2,
      reconstructions: 0,
      pixels,
    })
  const list = listRuns(store, { deleted: false })
  expect(list.map((run) => [run.id, run.frameStep, run.sparkline.length])).toEqual([
    [b.id, null, 0],
    [a.id, 7, 10],
  ])
  expect(readRunSummary(store, a.id)).toEqual(list[1])
  const { sparkline: _line, frameStep: _frame, order: _order, ...plain } = list[1]!
  expect(plain).toEqual(readRun(store, a.id))
  expect(listRuns(store, { deleted: true }).map((run) => run.id)).toEqual([c.id])
})

test('colours are taken in turn, and again when their run is gone', () => {
  const store = temporaryStore()
  const taken = Array.from({ length: 12 }, () => storedRun(store, { colour: nextColour(store) }))
  expect(taken.map((run) => run.colour)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
  updateRun(store, taken[4]!.id, { deletedAt: 1 })
  expect(nextColour(store)).toBe(4)
})

test('deleting for ever takes every row and the folder, and no other run', () => {
  const store = temporaryStore()
  const [gone, kept] = [storedRun(store), storedRun(store)]
  for (const { id } of [gone, kept]) {
    appendMetrics(store, id, 1, seriesFrom(1, 3000))
    addEvent(store, { run: id, at: 1, step: 0, kind: 'created', text: '' })
    addValidation(store, id, { step: 1, reconstruction: 1, kl: 1, total: 2, klPerDimension: [1] })
    addFrame(store, id, {
      step: 1,
      grid: 1,
      tileWidth: 1,
      tileHeight: 1,
      reconstructions: 0,
      pixels: Uint8Array.of(9),
    })
    mkdirSync(runFolder(store, id))
    writeFileSync(join(runFolder(store, id), 'a.safetensors'), 'x')
  }
  deleteRunForever(store, gone.id)
  expect(readRun(store, gone.id)).toBeNull()
  expect([
    lastMetricStep(store, gone.id),
    listEvents(store, gone.id),
    listValidations(store, gone.id),
    listFrames(store, gone.id),
  ]).toEqual([0, [], [], []])
  expect(existsSync(runFolder(store, gone.id))).toBe(false)
  expect(lastMetricStep(store, kept.id)).toBe(3000)
  expect(existsSync(join(runFolder(store, kept.id), 'a.safetensors'))).toBe(true)
  expect(() => deleteRunForever(store, gone.id)).toThrow(
    expect.objectContaining({ code: 'not-found' }),
  )
  expect(() => appendMetrics(store, gone.id, 1, seriesFrom(1, 1))).toThrow()
})

test('frames keep their pixels, whether they deflate or not', () => {
  const store = temporaryStore()
  const run = storedRun(store)
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 3000 }),
        fc.nat(5000).map((length) => new Uint8Array(length).fill(7)),
      ),
      (pixels) => {
        addFrame(store, run.id, {
          step: 4,
          grid: 1,
          tileWidth: pixels.length,
          tileHeight: 1,
          reconstructions: 0,
          pixels,
        })
        const frame = readFrame(store, run.id)
        expect(frame).toMatchObject({ step: 4, tileWidth: pixels.length })
        expect(Buffer.compare(frame.pixels, pixels)).toBe(0)
      },
    ),
    { numRuns: 50 },
  )
  addFrame(store, run.id, {
    step: 9,
    grid: 2,
    tileWidth: 1,
    tileHeight: 1,
    reconstructions: 0,
    pixels: Uint8Array.of(1, 2, 3, 4),
  })
  expect(readFrame(store, run.id).step).toBe(9)
  expect(readFrame(store, run.id, 4).grid).toBe(1)
  expect(() => readFrame(store, run.id, 5)).toThrow(expect.objectContaining({ code: 'not-found' }))
  expect(() => readFrame(store, sampleRun().id)).toThrow(
    expect.objectContaining({ code: 'not-found' }),
  )
})

test('validations: one a step, the run keeps the last and the best', () => {
  const store = temporaryStore()
  const run = storedRun(store)
  const at = (step: number, total: number) => ({
    step,
    reconstruction: total - 1,
    kl: 1,
    total,
    klPerDimension: [1],
  })
  for (const [step, total] of [
    [1, NaN],
    [2, 9],
    [3, 5],
    [4, 5],
    [5, 7],
  ] as const)
    addValidation(store, run.id, at(step, total))
  expect(readRun(store, run.id)).toMatchObject({
    lastValidation: at(5, 7),
    bestValidation: at(3, 5),
  })
  addValidation(store, run.id, at(5, 6))
  expect(listValidations(store, run.id).map(({ total }) => total)).toEqual([NaN, 9, 5, 5, 6])
})

test('a name is found in either form of its letters', () => {
  const store = temporaryStore()
  const run = storedRun(store, { name: 'Zufällig é'.normalize('NFC') })
  for (const form of ['NFC', 'NFD'] as const)
    expect(findRun(store, 'Zufällig é'.normalize(form)).id).toBe(run.id)
  const other = storedRun(store, { name: 'naïve'.normalize('NFD') })
  expect(findRun(store, 'naïve'.normalize('NFC')).id).toBe(other.id)
})
