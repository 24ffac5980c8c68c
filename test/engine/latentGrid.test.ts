// Where the points of a manifold lie: a window agrees with the spacings that it generalises,
// directions with dimensions.
import { describe, expect, it } from 'vitest'
import { gridAxes, gridPoints } from '../../main/engine/latentQueries.ts'
import { cellAxis, outerCentres, stretches } from '../../renderer/draw/planeScale.ts'

const close = (a: readonly number[], b: readonly number[]) => {
  expect(a).toHaveLength(b.length)
  a.forEach((value, i) => expect(value).toBeCloseTo(b[i]!, 9))
}

describe('axes of a grid', () => {
  it('are those of a range for the same window', () => {
    const range = gridAxes(20, { kind: 'range', limit: 3 })
    const window = gridAxes(20, { kind: 'window', scale: 'even', across: [-3, 3], down: [-3, 3] })
    close(window.columns, range.columns)
    close(window.rows, range.rows)
  })

  it('are the quantiles for the whole of the quantile scale', () => {
    const levels = outerCentres(20, [0, 1])
    expect(levels).toEqual([0.025, 0.975])
    close(
      gridAxes(20, { kind: 'window', scale: 'quantile', across: levels, down: levels }).columns,
      gridAxes(20, { kind: 'quantile' }).columns,
    )
  })

  it.each([
    ['even', [-1.5, 2.25], [0.5, 4.25], 7],
    ['quantile', [0.2, 0.7], [0, 0.5], 33],
  ] as const)(
    'are the centres of the cells that the page draws (%s)',
    (scale, across, down, grid) => {
      const axes = gridAxes(grid, {
        kind: 'window',
        scale,
        across: outerCentres(grid, across),
        down: outerCentres(grid, down),
      })
      close(axes.columns, cellAxis(grid, across, scale))
      close(axes.rows, cellAxis(grid, down, scale))
      const shown = stretches({ size: 500, ...axes, scale })
      close([...shown.across, ...shown.down], [...across, ...down])
    },
  )
})

describe('points of a grid', () => {
  const axes = { columns: [-1, 0, 1], rows: [2, 3] }

  it('along unit directions are those along the dimensions', () => {
    const at = [5, 0, -7, 0]
    const along = gridPoints(
      {
        ...axes,
        at,
        spans: {
          directions: [
            [0, 0, 0, 1],
            [0, 1, 0, 0],
          ],
        },
      },
      4,
    )
    expect([...along]).toEqual([...gridPoints({ ...axes, at, spans: { dimensions: [3, 1] } }, 4)])
  })

  it('go from where the grid starts, across by columns and down by rows', () => {
    const points = gridPoints(
      {
        ...axes,
        at: [10, 20],
        spans: {
          directions: [
            [1, 1],
            [0, 2],
          ],
        },
      },
      2,
    )
    expect([...points]).toEqual([9, 23, 10, 24, 11, 25, 9, 25, 10, 26, 11, 27])
  })
})
