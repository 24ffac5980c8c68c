// The nearest rows of a table to a point, by Euclidean distance. Exact: every row is looked at.

export interface Neighbour {
  index: number
  distance: number
}

/**
 * The `count` rows of `table` (N x Z row-major) nearest to `point`, nearest first; equal ones by
 * their number.
 */
export function nearestRows(
  table: ArrayLike<number>,
  Z: number,
  point: ArrayLike<number>,
  count: number,
): Neighbour[] {
  const N = table.length / Z
  const nearest: Neighbour[] = [] // squared distances, ascending
  let limit = Infinity
  for (let index = 0; index < N; index++) {
    let square = 0
    for (let d = 0; d < Z && square < limit; d++) square += (table[index * Z + d]! - point[d]!) ** 2
    if (!(square < limit)) continue
    let place = nearest.length
    while (place > 0 && nearest[place - 1]!.distance > square) place--
    nearest.splice(place, 0, { index, distance: square })
    if (nearest.length > count) nearest.pop()
    if (nearest.length === count) limit = nearest[count - 1]!.distance
  }
  return nearest.map(({ index, distance }) => ({ index, distance: Math.sqrt(distance) }))
}
