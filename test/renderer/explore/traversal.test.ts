// Traversals: how far a dimension goes, the points of its strip, the order of rows, and which of
// many are in sight.
import { describe, expect, it } from 'vitest'
import type { LatentStatistics } from '../../../preload/contract/analysis.ts'
import {
  dimensionName,
  orderByKl,
  placesOf,
  rangeOf,
  rowLayout,
  rowsInSight,
  strip,
} from '../../../renderer/components/explore/dimensions/traversal.ts'

const statistics = (quantiles: number[][]) => ({ quantiles }) as unknown as LatentStatistics

describe('ranges', () => {
  it('go from the 1 % to the 99 % quantile, or three standard deviations of the prior', () => {
    const known = statistics([[-2.5, -1, -0.5, 0, 0.5, 1, 3]])
    expect(rangeOf(0, known, 'posterior')).toEqual({ from: -2.5, to: 3 })
    expect(rangeOf(0, known, 'prior')).toEqual({ from: -3, to: 3 })
    expect(rangeOf(0, null, 'posterior')).toEqual({ from: -3, to: 3 })
  })

  it('keeps a little width where all means are one number', () => {
    const { from, to } = rangeOf(0, statistics([[0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2]]), 'posterior')
    expect(to - from).toBeCloseTo(1e-3, 12)
    expect((from + to) / 2).toBeCloseTo(0.2, 12)
  })
})

describe('strips', () => {
  it('vary one dimension from end to end and leave the others', () => {
    const z = strip([1, 2, 3], 1, placesOf({ from: -1, to: 1 }, 5))
    expect(z.map((point) => point[1])).toEqual([-1, -0.5, 0, 0.5, 1])
    for (const point of z) expect([point[0], point[2]]).toEqual([1, 3])
  })
})

describe('order', () => {
  it('is by falling KL at first', () => {
    expect(orderByKl([0.5, 2, 0, 1], [])).toEqual([1, 3, 0, 2])
  })

  it('stays while neighbours differ by less than a tenth, and changes when they differ by more', () => {
    expect(orderByKl([1, 1.05, 0.5], [0, 1, 2])).toEqual([0, 1, 2])
    expect(orderByKl([1, 1.2, 0.5], [0, 1, 2])).toEqual([1, 0, 2])
    expect(orderByKl([1, 0.9, 5], [0, 1, 2])).toEqual([2, 0, 1])
  })

  it('holds every dimension once, whatever came before', () => {
    const kl = Array.from({ length: 128 }, (_, i) => (i * 7919) % 101)
    const before = Array.from({ length: 128 }, (_, i) => (i * 37) % 128)
    expect(orderByKl(kl, before).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 128 }, (_, i) => i),
    )
    expect(orderByKl(kl, [0, 1])).toEqual(orderByKl(kl, []))
  })
})

describe('rows', () => {
  it('are asked where they are in sight, with a margin', () => {
    expect(rowsInSight(0, 300, 60, 128, 1)).toEqual({ first: 0, end: 6 })
    expect(rowsInSight(600, 300, 60, 128, 1)).toEqual({ first: 9, end: 16 })
    expect(rowsInSight(600, 300, 60, 3, 1)).toEqual({ first: 3, end: 3 })
  })

  it('fit at once when they can, with tiles of 40 pixels at least and an odd count', () => {
    for (const rows of [1, 2, 10, 128])
      for (const width of [300, 500, 740, 1300]) {
        const { tile, count } = rowLayout({ width, height: 640 }, rows, 26)
        expect(count % 2).toBe(1)
        expect(tile * count).toBeLessThanOrEqual(width)
        if (rows * (40 + 26) <= 640 && width >= 200)
          expect((tile + 26) * rows).toBeLessThanOrEqual(640)
      }
  })

  it('are named from 1 on', () => {
    expect([0, 9, 127].map(dimensionName)).toEqual(['z₁', 'z₁₀', 'z₁₂₈'])
  })
})
