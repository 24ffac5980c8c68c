// A point of the plane and the tile under it agree; pixels and latent values turn into each other.
import { describe, expect, it } from 'vitest'
import {
  evenAxis,
  nearestCell,
  planeLimits,
  planePixel,
  planeValue,
  type PlaneView,
} from '../../../renderer/draw/planeScale.ts'

const axis = evenAxis(20, 3)
const view: PlaneView = { size: 560, columns: axis, rows: axis }

describe('plane', () => {
  it('puts the centre of each cell on its position', () => {
    for (const [column, across] of axis.entries()) {
      for (const [row, down] of axis.entries()) {
        const [x, y] = planePixel(view, across, down)
        expect(x).toBeCloseTo((column + 0.5) * 28, 6)
        expect(y).toBeCloseTo((row + 0.5) * 28, 6)
        expect(nearestCell(view, across, down)).toEqual({ row, column, index: row * 20 + column })
      }
    }
  })

  it('inverts, also with rows that fall', () => {
    const turned: PlaneView = { ...view, rows: [...axis].reverse() }
    for (const [a, b] of [
      [0, 0],
      [-3, 3],
      [1.25, -0.4],
    ] as const) {
      for (const each of [view, turned]) {
        const [across, down] = planeValue(each, ...planePixel(each, a, b))
        expect(across).toBeCloseTo(a, 9)
        expect(down).toBeCloseTo(b, 9)
      }
    }
    expect(planePixel(turned, 0, 3)[1]).toBeLessThan(planePixel(turned, 0, -3)[1])
  })

  it('reaches half a cell beyond the outer centres, and holds what lies further', () => {
    expect(planeLimits(view)[1]).toBeCloseTo(3 + 3 / 19, 9)
    expect(nearestCell(view, 99, -99)).toEqual({ row: 0, column: 19, index: 19 })
  })
})
