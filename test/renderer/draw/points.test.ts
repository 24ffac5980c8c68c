// Points of codes on the plane's scale, what of them a window shows, and their histogram.
import { describe, expect, it } from 'vitest'
import { colourHistogram, histogramOf } from '../../../renderer/draw/histogram.ts'
import {
  evenAxis,
  offScale,
  onScale,
  planePixel,
  planeValue,
  type PlaneView,
} from '../../../renderer/draw/planeScale.ts'
import { countOutside } from '../../../renderer/draw/points.ts'
import { pointsAlong, pointsOf, windowOf } from '../../../renderer/draw/scatter.ts'
import { drawVeil, veiledShare } from '../../../renderer/draw/veil.ts'

// three images, Z = 3: [mean | log variance]
const codes = Float32Array.from([1, 2, 3, 0, 0, 0, -1, 0.5, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0])
const scatter = { codes, latentSize: 3, labels: [7, 1, 7], dimensions: [2, 0] as const }

describe('points', () => {
  it('take two dimensions, or two directions', () => {
    expect([...pointsOf(scatter, 'even').positions]).toEqual([3, 1, 4, -1, 0, 0])
    const along = pointsAlong(
      scatter,
      [
        [0, 0, 1],
        [1, 0, 0],
      ],
      'even',
    )
    expect(along).toEqual(pointsOf(scatter, 'even'))
    expect([
      ...pointsAlong(
        scatter,
        [
          [1, 1, 0],
          [0, 0, -1],
        ],
        'even',
      ).positions,
    ]).toEqual([3, -3, -0.5, -4, 0, 0])
  })

  it('stand where the plane puts their values, on either scale', () => {
    for (const scale of ['even', 'quantile'] as const) {
      const axis = evenAxis(20, 1.5).map((value) =>
        scale === 'even' ? value : offScale(scale, onScale(scale, value)),
      )
      const view: PlaneView =
        scale === 'even'
          ? { size: 400, columns: axis, rows: axis, scale }
          : {
              size: 400,
              columns: [0.125, 0.375, 0.625, 0.875].map((level) => offScale(scale, level)),
              rows: [offScale(scale, 0.25), offScale(scale, 0.75)],
              scale,
            }
      const { across, down } = windowOf(view, false)
      const { positions } = pointsOf(scatter, scale)
      const [x, y] = planePixel(view, 3, 1)
      expect(((positions[0]! - across[0]) / (across[1] - across[0])) * 400).toBeCloseTo(x, 3)
      expect(((positions[1]! - down[0]) / (down[1] - down[0])) * 400).toBeCloseTo(y, 3)
      const [a, b] = planeValue(view, ...planePixel(view, 0.7, -1.1))
      expect(a).toBeCloseTo(0.7, 6)
      expect(b).toBeCloseTo(-1.1, 6)
    }
  })

  it('are counted outside by what is shown', () => {
    const points = pointsOf(scatter, 'even')
    const window = { across: [-1, 3.5] as const, down: [-2, 2] as const }
    expect(countOutside(points, window, null)).toBe(1)
    expect(countOutside(points, window, new Set([7]))).toBe(0)
    expect(countOutside(points, window, new Set([1]))).toBe(1)
  })
})

describe('histogram', () => {
  const points = {
    positions: Float32Array.from([0.1, 0.1, 0.2, 0.2, 0.9, 0.1, 5, 5, NaN, 0]),
    labels: Uint8Array.from([0, 1, 0, 0, 0]),
  }
  const window = { across: [0, 1] as const, down: [0, 1] as const }

  it('counts each point inside once, in its bin', () => {
    const { counts, most } = histogramOf(points, window, 2, null)
    expect([...counts]).toEqual([2, 1, 0, 0])
    expect(most).toBe(2)
    expect([...histogramOf(points, window, 2, new Set([1])).counts]).toEqual([1, 0, 0, 0])
  })

  it('is transparent where nothing is, and reaches the last colour at the most', () => {
    const rgba = colourHistogram(histogramOf(points, window, 2, null), [
      [0, 0, 0],
      [100, 100, 100],
      [200, 0, 50],
    ])
    expect([...rgba.slice(0, 4)]).toEqual([200, 0, 50, 255])
    expect([...rgba.slice(8)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
  })
})

describe('veil', () => {
  it('covers what is below the level, with an edge between the cells', () => {
    const lattice = { cells: 2, logDensity: [-1, -9, -1, -9], level: -5 }
    const rgba = drawVeil(lattice, 8, [10, 20, 30], [0.5, 1], 1)
    const covered = (x: number, y: number) => rgba[(y * 8 + x) * 4 + 3]! > 0
    expect(Array.from({ length: 8 }, (_, x) => covered(x, 3))).toEqual([
      false,
      false,
      false,
      false,
      true,
      true,
      true,
      true,
    ])
    expect([...rgba.slice((3 * 8 + 6) * 4, (3 * 8 + 6) * 4 + 3)]).toEqual([10, 20, 30])
    expect(veiledShare(lattice)).toBe(0.5)
  })

  it('covers a density of nothing too', () => {
    const rgba = drawVeil(
      { cells: 2, logDensity: [-Infinity, -Infinity, -Infinity, -Infinity], level: -50 },
      4,
      [0, 0, 0],
      [0.5, 1],
      1,
    )
    expect(rgba.filter((_, i) => i % 4 === 3).every((alpha) => alpha > 0)).toBe(true)
  })
})
