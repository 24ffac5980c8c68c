// The training series against a plain array: any sequence of appends and rewinds, read back whole
// and thinned.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { listEvents } from '../../main/store/events.ts'
import { addFrame, listFrames } from '../../main/store/frameRows.ts'
import {
  appendMetrics,
  lastMetricStep,
  readMetrics,
  rewindMetrics,
} from '../../main/store/metrics.ts'
import type { Store } from '../../main/store/open.ts'
import { readRun, readRunSummary } from '../../main/store/runs.ts'
import { sql } from '../../main/store/sql.ts'
import { addValidation, listValidations } from '../../main/store/validations.ts'
import { metricColumns, type Run } from '../../preload/contract/records.ts'
import { seriesFrom, valueAt } from './sample-run.ts'
import { storedRun, temporaryStore } from './sample.ts'

type Model = [number[], number[], number[]]

const sparkline = (store: Store, run: Run) => readRunSummary(store, run.id)!.sparkline

/** What readMetrics should give, from plain arrays in double precision. */
function thinned(
  model: Model,
  firstStep: number,
  lastStep: number,
  stepsPerPoint: number,
): number[] {
  if (stepsPerPoint === 1) return model.flatMap((column) => column.slice(firstStep - 1, lastStep))
  return model.flatMap((column) => {
    const points: number[][] = []
    for (let step = firstStep; step <= lastStep; step += stepsPerPoint)
      points.push(column.slice(step - 1, Math.min(lastStep, step - 1 + stepsPerPoint)))
    const least = (values: number[]) => values.reduce((a, b) => Math.min(a, b))
    const most = (values: number[]) => values.reduce((a, b) => Math.max(a, b))
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    return [...points.map(least), ...points.map(most), ...points.map(mean)]
  })
}

function expectEqualSeries(
  store: Store,
  run: Run,
  model: Model,
  range: { fromStep: number; toStep?: number; points: number },
): void {
  const series = readMetrics(store, run.id, range)
  const last = model[0].length
  const to = Math.min(last, range.toStep ?? last)
  if (to < range.fromStep) return expect(series.count).toBe(0)
  expect(series.firstStep).toBeLessThanOrEqual(range.fromStep)
  expect(range.fromStep - series.firstStep).toBeLessThan(series.stepsPerPoint)
  expect(series.lastStep).toBeGreaterThanOrEqual(to)
  expect(series.count).toBeLessThanOrEqual(range.points)
  // No thinner than asked: half the steps a point would not have fitted.
  if (series.stepsPerPoint > 1)
    expect((2 * (to - range.fromStep + 1)) / series.stepsPerPoint + 2).toBeGreaterThan(range.points)
  const expected = thinned(model, series.firstStep, series.lastStep, series.stepsPerPoint)
  expect(series.data.length).toBe(expected.length)
  const lane = series.stepsPerPoint === 1 ? 1 : 3
  const worst = expected.reduce((most, value, index) => {
    const isMean = lane === 3 && Math.floor(index / series.count) % 3 === 2
    // Means pass through float32 once a level: values reach 156 here, so 1e-4 is eight units in the
    // last place.
    return Math.max(most, Math.abs(value - series.data[index]!) - (isMean ? 1e-4 : 0))
  }, 0)
  expect(worst).toBe(0)
}

const operation = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      count: fc.oneof(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 900, max: 3000 }),
        fc.integer({ min: 30_000, max: 40_000 }),
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('rewind' as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('align' as const),
      to: fc.constantFrom(32, 1024, 32_768),
    }),
  },
)

describe('the series equals a plain array', () => {
  test('after any appends and rewinds, whole and thinned', () => {
    const store = temporaryStore()
    fc.assert(
      fc.property(
        fc.array(operation, { minLength: 1, maxLength: 12 }),
        fc.array(
          fc.tuple(
            fc.double({ min: 0, max: 1, noNaN: true }),
            fc.double({ min: 0, max: 1, noNaN: true }),
            fc.integer({ min: 1, max: 3000 }),
          ),
          { minLength: 3, maxLength: 3 },
        ),
        (operations, windows) => {
          const run = storedRun(store)
          const model: Model = [[], [], []]
          operations.forEach((each, salt) => {
            const last = model[0].length
            if (each.kind === 'rewind') {
              const step = Math.round(each.share * last)
              expect(rewindMetrics(store, run.id, step)).toBe(last - step)
              model.forEach((column) => (column.length = step))
            } else {
              const count = each.kind === 'append' ? each.count : each.to - (last % each.to)
              const columns = seriesFrom(last + 1, count, salt)
              appendMetrics(store, run.id, last + 1, columns)
              metricColumns.forEach((name, index) =>
                columns[name].forEach((value) => model[index]!.push(value)),
              )
            }
          })
          const last = model[0].length
          expect(lastMetricStep(store, run.id)).toBe(last)
          expect(readRun(store, run.id)!.step).toBe(last)
          expectEqualSeries(store, run, model, { fromStep: 1, points: 1e9 })
          expectEqualSeries(store, run, model, { fromStep: 1, points: 1 })
          for (const [a, b, points] of windows)
            expectEqualSeries(store, run, model, {
              fromStep: 1 + Math.floor(Math.min(a, b) * last),
              toStep: Math.ceil(Math.max(a, b) * last),
              points,
            })
          sql(store, 'DELETE FROM runs').run()
        },
      ),
      { numRuns: 30 },
    )
  }, 90_000)

  test('a rewound series leaves the very rows that a series never longer has', () => {
    const store = temporaryStore()
    const [short, long] = [storedRun(store), storedRun(store)]
    for (const step of [0, 1, 31, 32, 33, 1024, 1025, 33_000]) {
      rewindMetrics(store, short.id, 0)
      rewindMetrics(store, long.id, 0)
      appendMetrics(store, short.id, 1, seriesFrom(1, step))
      appendMetrics(store, long.id, 1, seriesFrom(1, 70_000))
      rewindMetrics(store, long.id, step)
      const rows = (run: Run) =>
        sql(
          store,
          'SELECT level, block, count, hex(data) FROM metrics WHERE run = ? ORDER BY level, block',
        ).all(run.id)
      expect(rows(long)).toEqual(rows(short))
    }
  })
})

describe('writing', () => {
  test('steps only rise, without gaps', () => {
    const store = temporaryStore()
    const run = storedRun(store)
    appendMetrics(store, run.id, 1, seriesFrom(1, 10))
    for (const step of [0, 1, 10, 12])
      expect(() => appendMetrics(store, run.id, step, seriesFrom(step, 5))).toThrow(
        expect.objectContaining({ code: 'wrong-state', data: { expected: 11, found: step } }),
      )
    expect(lastMetricStep(store, run.id)).toBe(10)
    const unequal = { ...seriesFrom(11, 5), kl: new Float32Array(4) }
    expect(() => appendMetrics(store, run.id, 11, unequal)).toThrow(
      expect.objectContaining({ code: 'bad-input' }),
    )
    expect(() => appendMetrics(store, 'nobody', 1, seriesFrom(1, 5))).toThrow()
  })

  test('the run follows with its last loss, NaN and infinities included', () => {
    const store = temporaryStore()
    const run = storedRun(store)
    appendMetrics(store, run.id, 1, {
      reconstruction: Float32Array.of(3, 150.5),
      kl: Float32Array.of(1, 2.25),
      objective: Float32Array.of(4, 5),
    })
    expect(readRun(store, run.id)).toMatchObject({
      step: 2,
      last: { reconstruction: 150.5, kl: 2.25, total: 152.75 },
    })
    appendMetrics(store, run.id, 3, {
      reconstruction: Float32Array.of(NaN),
      kl: Float32Array.of(Infinity),
      objective: Float32Array.of(NaN),
    })
    expect(readRun(store, run.id)!.last).toEqual({ reconstruction: NaN, kl: Infinity, total: NaN })
  })

  test('a point leaves NaN out, and is NaN only when nothing else is there', () => {
    const store = temporaryStore()
    const run = storedRun(store)
    const lane = new Float32Array(64).fill(2)
    lane[1] = NaN
    lane[2] = 8
    lane.fill(NaN, 32)
    appendMetrics(store, run.id, 1, { reconstruction: lane, kl: lane, objective: lane })
    const { data, count, stepsPerPoint } = readMetrics(store, run.id, { fromStep: 1, points: 2 })
    expect({ count, stepsPerPoint }).toEqual({ count: 2, stepsPerPoint: 32 })
    expect([...data.slice(0, 6)]).toEqual([2, NaN, 8, NaN, Math.fround((30 * 2 + 8) / 31), NaN])
    expect(sparkline(store, run).every(Number.isFinite)).toBe(true)
  })
})

test('a rewind takes validations, frames and the run with it, and says so', () => {
  const store = temporaryStore()
  const run = storedRun(store)
  appendMetrics(store, run.id, 1, seriesFrom(1, 3000))
  for (const [step, total] of [
    [500, 150],
    [1000, 140],
    [1500, 145],
    [2000, 130],
  ] as const) {
    addValidation(store, run.id, {
      step,
      reconstruction: total - 5,
      kl: 5,
      total,
      klPerDimension: [2, 3],
    })
    addFrame(store, run.id, {
      step,
      grid: 1,
      tileWidth: 2,
      tileHeight: 2,
      reconstructions: 0,
      pixels: Uint8Array.of(1, 2, 3, 4),
    })
  }
  expect(readRun(store, run.id)!.bestValidation!.step).toBe(2000)
  expect(rewindMetrics(store, run.id, 1600)).toBe(1400)
  expect(listValidations(store, run.id).map(({ step }) => step)).toEqual([500, 1000, 1500])
  expect(listFrames(store, run.id).map(({ step }) => step)).toEqual([500, 1000, 1500])
  const now = readRun(store, run.id)!
  expect(now).toMatchObject({
    step: 1600,
    lastValidation: { step: 1500, total: 145 },
    bestValidation: { step: 1000, total: 140 },
  })
  expect(now.last!.reconstruction).toBe(valueAt(0, 1600))
  expect(listEvents(store, run.id)).toMatchObject([
    { kind: 'replayed', step: 1600, text: expect.stringContaining('1400') as string },
  ])
  expect(rewindMetrics(store, run.id, 1600)).toBe(0)
  expect(listEvents(store, run.id)).toHaveLength(1)
})

test('a sparkline has at most 60 means of the total, in order', () => {
  const store = temporaryStore()
  const run = storedRun(store)
  expect(sparkline(store, run)).toEqual([])
  for (const steps of [1, 7, 59, 61, 1000, 40_000]) {
    rewindMetrics(store, run.id, 0)
    const falling = Float32Array.from({ length: steps }, (_, index) => steps - index)
    appendMetrics(store, run.id, 1, { reconstruction: falling, kl: falling, objective: falling })
    const line = sparkline(store, run)
    expect(line.length).toBeGreaterThanOrEqual(Math.min(steps, 30))
    expect(line.length).toBeLessThanOrEqual(60)
    expect(line).toEqual([...line].sort((a, b) => b - a))
    const mean = line.reduce((sum, value) => sum + value, 0) / line.length
    expect(Math.abs(mean / (steps + 1) - 1)).toBeLessThan(0.03)
  }
})
