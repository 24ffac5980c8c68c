// The training series in memory: appends, overlaps, gaps and rewinding, and answers of runs.metrics
// unpacked.
import { expect, test } from 'vitest'
import type { MetricsSeries } from '../../../preload/contract/records.ts'
import { Series, unpackSeries } from '../../../renderer/state/series.ts'

const columns = (...values: number[]) => ({
  reconstruction: values,
  kl: values.map((value) => value / 10),
  objective: values.map((value) => value * 2),
})

test('values stand at their steps, however they arrive', () => {
  const series = new Series()
  expect(series.put(1, columns(...Array.from({ length: 1500 }, (_, index) => index + 1)))).toBe(
    true,
  )
  expect(
    series.put(1400, columns(...Array.from({ length: 700 }, (_, index) => 1400 + index))),
  ).toBe(true)
  expect(series.length).toBe(2099)
  expect([...series.column('reconstruction')]).toEqual(
    Array.from({ length: 2099 }, (_, index) => index + 1),
  )
  expect(series.total(2099)).toBeCloseTo(2099 * 1.1, 2)
  expect(series.total(2100)).toBeNaN()
})

test('a gap is refused and changes nothing', () => {
  const series = new Series()
  series.put(1, columns(5, 6))
  expect(series.put(4, columns(9))).toBe(false)
  expect(series.length).toBe(2)
})

test('rewinding forgets what came later, and new values take its place', () => {
  const series = new Series()
  series.put(1, columns(1, 2, 3, 4))
  series.rewind(2)
  expect([...series.column('kl')]).toHaveLength(2)
  series.put(3, columns(30))
  expect([...series.column('reconstruction')]).toEqual([1, 2, 30])
})

test('an answer with every step, and one of thinned stretches as its means', async () => {
  const answer = (
    stepsPerPoint: number,
    lastStep: number,
    count: number,
    values: number[],
  ): MetricsSeries => ({
    columns: ['reconstruction', 'kl', 'objective'],
    firstStep: 1,
    stepsPerPoint,
    count,
    lastStep,
    damaged: [],
    data: new Uint8Array(new Float32Array(values).buffer),
  })
  const every = unpackSeries(answer(1, 2, 2, [1, 2, 3, 4, 5, 6]))
  expect([...every.kl]).toEqual([3, 4])
  // two points of two steps, the last one cut: each column has minima, maxima, means
  const thinned = unpackSeries(
    answer(2, 3, 2, [0, 0, 9, 9, 4, 5, 0, 0, 9, 9, 6, 7, 0, 0, 9, 9, 8, 1]),
  )
  expect([...thinned.reconstruction]).toEqual([4, 4, 5])
  expect([...thinned.objective]).toEqual([8, 8, 1])
})
