// Ellipses and Voronoi cells against NumPy and SciPy (test/reference-other/shapes.py).
import { describe, expect, it } from 'vitest'
import { ellipseOf } from '../../../renderer/draw/ellipse.ts'
import { voronoiCells, type Place } from '../../../renderer/draw/voronoi.ts'
import reference from '../../reference-other/shapes.json' with { type: 'json' }

const area = (cell: readonly Place[]) =>
  Math.abs(
    cell.reduce(
      (sum, [x, y], i) =>
        sum + x * cell[(i + 1) % cell.length]![1] - cell[(i + 1) % cell.length]![0] * y,
      0,
    ),
  ) / 2

describe('ellipses', () => {
  it('have the axes and the angle of the eigenvectors', () => {
    for (const { covariance, across, down, long, short, angle } of reference.ellipses) {
      const found = ellipseOf(covariance, across, down)
      expect(found.long).toBeCloseTo(long, 10)
      expect(found.short).toBeCloseTo(short, 10)
      const apart = Math.abs((((found.angle - angle) % 180) + 180) % 180)
      expect(Math.min(apart, 180 - apart)).toBeLessThan(1e-8)
    }
  })

  it('are flat, not NaN, where nothing varies', () => {
    expect(ellipseOf([0, 0, 0, 4], [1, 0], [0, 1])).toEqual({ long: 2, short: 0, angle: 90 })
    expect(ellipseOf([1e-20], [1], [0]).short).toBe(0)
  })
})

describe('Voronoi cells', () => {
  it('have the areas that SciPy finds', () => {
    for (const { side, points, areas } of reference.cells) {
      const cells = voronoiCells(points as [number, number][], side)
      for (const [i, cell] of cells.entries()) expect(area(cell)).toBeCloseTo(areas[i]!, 6)
    }
  })

  it('gives a place that two points share to one of them', () => {
    const cells = voronoiCells(
      [
        [3, 3],
        [3, 3],
        [7, 3],
      ],
      10,
    )
    expect(cells.map((cell) => Math.round(area(cell)))).toEqual([50, 0, 50])
  })

  it('cuts for points outside the square too', () => {
    const [inside, outside] = voronoiCells(
      [
        [5, 5],
        [25, 5],
      ],
      10,
    )
    expect(area(inside!)).toBeCloseTo(100, 9)
    expect(area(outside!)).toBe(0)
  })
})
