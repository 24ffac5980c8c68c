// Axes carry round numbers inside their range, steps and pixels turn into each other, labels never
// cover each other.
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { spreadLabels } from '../../../renderer/draw/labels.ts'
import { nearestStep, pixelOf, stepOf, type StepScale } from '../../../renderer/draw/scale.ts'
import { linearTicks, logTicks, shortNumber, tickTexts } from '../../../renderer/draw/ticks.ts'

describe('ticks', () => {
  it('are round and inside', () => {
    expect(linearTicks(0, 5000, 5)).toEqual([0, 1000, 2000, 3000, 4000, 5000])
    expect(linearTicks(-3, 3, 7)).toEqual([-3, -2, -1, 0, 1, 2, 3])
    expect(linearTicks(0.12, 0.19, 4)).toEqual([0.12, 0.14, 0.16, 0.18])
    expect(logTicks(1, 5000, 12)).toEqual([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000])
    expect(logTicks(1, 5000, 5)).toEqual([1, 10, 100, 1000])
    expect(linearTicks(4, 4, 5)).toEqual([4])
    expect(linearTicks(Number.NaN, 1, 5)).toEqual([])
  })

  it('are short', () => {
    expect([0, 0.5, 1000, 1050, 12_000, 1_500_000, -3, 0.0001].map(shortNumber)).toEqual([
      '0',
      '0.5',
      '1,000',
      '1,050',
      '12k',
      '1.5M',
      '−3',
      '1e-4',
    ])
  })
})

describe('texts of ticks', () => {
  it('are short, and long only where short ones would repeat', () => {
    expect(tickTexts([0, 10_000, 20_000])).toEqual(['0', '10k', '20k'])
    expect(tickTexts([19_646, 19_647, 19_648])).toEqual(['19,646', '19,647', '19,648'])
    expect(tickTexts([100_000.5, 100_001])).toEqual(['100,000.5', '100,001'])
    expect(tickTexts([0, 1e9, 2e9])).toEqual(['0', '1e9', '2e9'])
    expect(tickTexts([-2e13, 5e30])).toEqual(['−2e13', '5e30'])
    expect(tickTexts([])).toEqual([])
  })

  it('differ for whatever an axis shows', () => {
    const value = fc.double({ min: -1e9, max: 1e9, noNaN: true })
    fc.assert(
      fc.property(value, fc.double({ min: 1e-3, max: 1e6, noNaN: true }), (from, span) => {
        const ticks = linearTicks(from, from + span, 5)
        expect(new Set(tickTexts(ticks)).size).toBe(new Set(ticks).size)
      }),
    )
  })
})

describe('scale', () => {
  const scale = (kind: StepScale['kind']): StepScale => ({
    kind,
    from: 0,
    to: 5000,
    left: 40,
    right: 940,
  })

  it('puts its ends at the ends, and inverts', () => {
    for (const kind of ['linear', 'log'] as const) {
      expect(pixelOf(scale(kind), 0)).toBe(40)
      expect(pixelOf(scale(kind), 5000)).toBe(940)
      for (const step of [0, 1, 7, 499, 5000])
        expect(stepOf(scale(kind), pixelOf(scale(kind), step))).toBeCloseTo(step, 6)
    }
    expect(stepOf(scale('linear'), -100)).toBe(0)
  })

  it('finds the step that looks nearest', () => {
    expect(nearestStep(scale('linear'), [0, 10, 1000], 400)).toBe(10)
    expect(nearestStep(scale('log'), [0, 10, 1000], 400)).toBe(1000)
    expect(nearestStep(scale('log'), [], 400)).toBe(null)
  })
})

describe('spreadLabels', () => {
  it('leaves labels with room alone', () => {
    expect(spreadLabels([10, 60, 30], 12, 0, 100)).toEqual([10, 60, 30])
    expect(spreadLabels([0, 0, 18], 12, 0, 100)).toEqual([0, 12, 24])
  })

  it('never overlaps, keeps the order, stays inside when there is room', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 8 }),
        (places) => {
          const centres = spreadLabels(places, 12, 0, 100)
          const sorted = centres
            .map((centre, i) => ({ centre, place: places[i]! }))
            .sort((a, b) => a.centre - b.centre)
          for (let i = 1; i < sorted.length; i++) {
            expect(sorted[i]!.centre - sorted[i - 1]!.centre).toBeGreaterThanOrEqual(12 - 1e-9)
            expect(sorted[i]!.place).toBeGreaterThanOrEqual(sorted[i - 1]!.place)
          }
        },
      ),
    )
  })
})
