// Voronoi cells inside a square: what lies nearer to one point than to all others, each cell cut
// out of the square by the line halfway to every other point. With 64 points at most nothing
// quicker is needed.

export type Place = readonly [x: number, y: number]

/**
 * One polygon for each point, empty where equal points leave nothing; `size`: side of the square.
 */
export function voronoiCells(points: readonly Place[], size: number): Place[][] {
  return points.map((own, index) => {
    let cell: Place[] = [
      [0, 0],
      [size, 0],
      [size, size],
      [0, size],
    ]
    for (const [at, other] of points.entries()) {
      const same = other[0] === own[0] && other[1] === own[1]
      if (at === index || (same && at > index)) continue
      cell = same ? [] : nearerHalf(cell, own, other)
    }
    return cell
  })
}

// The part of a convex polygon on this side of the line halfway between two points (Sutherland &
// Hodgman 1974).
function nearerHalf(cell: readonly Place[], own: Place, other: Place): Place[] {
  const normal = [other[0] - own[0], other[1] - own[1]] as const
  const middle = [(own[0] + other[0]) / 2, (own[1] + other[1]) / 2] as const
  const beyond = ([x, y]: Place) => (x - middle[0]) * normal[0] + (y - middle[1]) * normal[1]
  return cell.flatMap((corner, i) => {
    const next = cell[(i + 1) % cell.length]!
    const [here, there] = [beyond(corner), beyond(next)]
    const kept: Place[] = here <= 0 ? [corner] : []
    if (here < 0 !== there < 0 && here !== there) {
      const share = here / (here - there)
      kept.push([
        corner[0] + share * (next[0] - corner[0]),
        corner[1] + share * (next[1] - corner[1]),
      ])
    }
    return kept
  })
}

export const polygon = (cell: readonly Place[]): string =>
  cell.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')
