// What spans the plane: places on it, moves along it, what lies off it, and the nearest of many
// codes.
import { describe, expect, it } from 'vitest'
import {
  alongDimensions,
  movedTo,
  nearestCode,
  nearestPoint,
  offPlane,
  placeOf,
  type Directions,
} from '../../../renderer/components/explore/plane/span.ts'
import { usualLength } from '../../../renderer/components/explore/plane/placeWords.ts'

const turned: Directions = [
  [0.6, 0.8, 0],
  [-0.8, 0.6, 0],
]

describe('span', () => {
  it('moves along the plane to a place and leaves the rest', () => {
    const z = [1, -2, 5]
    const moved = movedTo(z, turned, [2, 3])
    placeOf(moved, turned).forEach((value, i) => expect(value).toBeCloseTo([2, 3][i]!, 12))
    expect(moved[2]).toBe(5)
    offPlane(moved, turned).forEach((value, i) => expect(value).toBeCloseTo([0, 0, 5][i]!, 12))
  })

  it('along dimensions is their values', () => {
    expect(placeOf([1, 2, 3], alongDimensions([2, 0], 3))).toEqual([3, 1])
    expect(offPlane([1, 2, 3], alongDimensions([2, 0], 3))).toEqual([0, 2, 0])
    expect(movedTo([4], alongDimensions([0, 1], 1), [7, 9])).toEqual([7])
  })

  it('finds the nearest code, and the nearest point that is shown', () => {
    const codes = Float32Array.from([0, 0, 9, 9, 1, 1, 9, 9, 3, 3, 9, 9])
    expect(nearestCode(codes, 3, [0.9, 1.2])).toBe(1)
    expect(nearestCode(codes, 1, [3, 3])).toBe(0)
    const positions = Float32Array.from([0, 0, 1, 1, 3, 3])
    expect(nearestPoint(positions, Uint8Array.from([0, 1, 0]), [1.2, 1], null)).toBe(1)
    expect(nearestPoint(positions, Uint8Array.from([0, 1, 0]), [1.2, 1], new Set([0]))).toBe(0)
    expect(nearestPoint(positions, Uint8Array.from([0, 1, 0]), [1, 1], new Set([5]))).toBe(-1)
  })
})

describe('the usual length of a draw from the prior', () => {
  // means of the chi distribution, sqrt(2) Gamma((Z + 1) / 2) / Gamma(Z / 2)
  it.each([
    [1, Math.sqrt(2 / Math.PI)],
    [2, Math.sqrt(Math.PI / 2)],
    [3, 2 * Math.sqrt(2 / Math.PI)],
    [4, (3 / 4) * Math.sqrt(2 * Math.PI)],
    [6, (15 / 16) * Math.sqrt(2 * Math.PI)],
  ])('in %i dimensions', (latentSize, mean) => {
    expect(Math.abs(usualLength(latentSize) - mean)).toBeLessThan(0.03)
  })
})
