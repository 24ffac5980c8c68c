// What a chart says about a step: the values of that very step, and validation where it was
// measured.
import { describe, expect, test } from 'vitest'
import { readingAt, readingText } from '../../../renderer/components/charts/reading.ts'
import { LossCurves } from '../../../renderer/components/charts/lossCurves.ts'
import { Series } from '../../../renderer/state/series.ts'

function curvesOf(values: number[], horizon: number): LossCurves {
  const series = new Series()
  series.put(1, { reconstruction: values, kl: values.map(() => 0), objective: values })
  const curves = new LossCurves()
  curves.follow(series, horizon)
  return curves
}
const validation = { steps: [0, 500, 1000], values: [90, 40, 30] }
const values = Array.from({ length: 55_000 }, (_, i) => 100 + (i % 2 === 0 ? 10 : -10))
const at = (curves: LossCurves) => (step: number) => curves.at('total', step)

describe('a reading', () => {
  const smooth = curvesOf(values, 500)

  test('has smoothed and raw loss of the very step, however many steps share a pixel', () => {
    const panel = smooth.panel('total', { from: 1, to: 55_000 }, 300, [], false, false)
    expect(panel.train.stepsPerPoint).toBeGreaterThan(100)
    for (const step of [1, 2, 33_333, 54_999]) {
      const reading = readingAt(step, 55_000, at(smooth), validation)
      expect(reading.step).toBe(step)
      expect(reading.train).toEqual({
        smoothed: smooth.at('total', step)!.smoothed,
        raw: values[step - 1],
      })
    }
    expect(readingAt(33_333, 55_000, at(smooth), validation).train!.smoothed).toBeCloseTo(100, 0)
  })

  test('names the nearest validation and where it was measured; nothing is interpolated', () => {
    expect(readingAt(740, 55_000, at(smooth), validation).validation).toEqual({
      step: 500,
      value: 40,
    })
    expect(readingAt(760, 55_000, at(smooth), validation).validation).toEqual({
      step: 1000,
      value: 30,
    })
    expect(readingAt(760, 55_000, at(smooth), { steps: [], values: [] }).validation).toBeNull()
  })

  test('right of the end is the end’s, and says so; before the first step there is none', () => {
    expect(readingAt(90_000, 55_000, at(smooth), validation).step).toBe(55_000)
    expect(readingAt(0, 55_000, at(smooth), validation).step).toBe(1)
    expect(readingAt(7, 0, at(curvesOf([], 0)), { steps: [], values: [] })).toEqual({
      step: 0,
      train: null,
      validation: null,
    })
  })
})

test('in words', () => {
  const reading = {
    step: 760,
    train: { smoothed: 98.24, raw: 101.31 },
    validation: { step: 1000, value: 30 },
  }
  expect(readingText(reading, true)).toBe('train 98.2 (raw 101.3), validation 30.0 at step 1,000')
  expect(readingText(reading, false)).toBe('train 98.2, validation 30.0 at step 1,000')
  expect(readingText({ ...reading, step: 1000 }, false)).toBe('train 98.2, validation 30.0')
  expect(
    readingText({ step: 9, train: { smoothed: 112e9, raw: NaN }, validation: null }, true),
  ).toBe('train 1.1e11 (raw NaN)')
})
