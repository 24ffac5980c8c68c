// What spans the plane in latent space: two directions of Z numbers. A vector's place on the plane
// is its product with each of them, and the plane goes through the cursor: what lies off it stays
// when the cursor moves along.

/** Two orthonormal directions; with one latent dimension the second is all zeros. */
export type Directions = readonly [across: readonly number[], down: readonly number[]]

/** Along two of the dimensions. */
export function alongDimensions([a, b]: readonly [number, number], latentSize: number): Directions {
  const unit = (index: number) => Array.from({ length: latentSize }, (_, i) => Number(i === index))
  return [unit(a), latentSize === 1 ? [0] : unit(b)]
}

const product = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0)

/** Across and down. */
export function placeOf(z: readonly number[], [across, down]: Directions): [number, number] {
  return [product(across, z), product(down, z)]
}

/** The vector moved along the plane to a place. */
export function movedTo(
  z: readonly number[],
  directions: Directions,
  place: readonly [number, number],
): number[] {
  const now = placeOf(z, directions)
  const [across, down] = [place[0] - now[0], place[1] - now[1]]
  return z.map((value, i) => value + across * directions[0][i]! + down * directions[1][i]!)
}

/** The part of the vector that is off the plane: where the plane starts from. */
export function offPlane(z: readonly number[], directions: Directions): number[] {
  // a dimension that spans the plane is exactly 0 then, and a move along the plane changes no other
  // digit
  return movedTo(z, directions, [0, 0]).map((value) => Number(value.toFixed(3)) + 0)
}

/**
 * Index of the row of `codes` (N x 2Z, the first Z of each row) nearest to z among the first
 * `count`.
 */
export function nearestCode(codes: Float32Array, count: number, z: readonly number[]): number {
  const stride = 2 * z.length
  let best = 0
  let least = Infinity
  for (let i = 0; i < count; i++) {
    let square = 0
    for (let d = 0; d < z.length; d++) square += (codes[i * stride + d]! - z[d]!) ** 2
    if (square < least) [best, least] = [i, square]
  }
  return best
}

/** Index of the point nearest to a place among those shown; -1 when none is. */
export function nearestPoint(
  positions: Float32Array,
  labels: Uint8Array,
  [across, down]: readonly [number, number],
  shown: ReadonlySet<number> | null,
): number {
  let best = -1
  let least = Infinity
  for (let i = 0; i < labels.length; i++) {
    if (shown && !shown.has(labels[i]!)) continue
    const square = (positions[2 * i]! - across) ** 2 + (positions[2 * i + 1]! - down) ** 2
    if (square < least) [best, least] = [i, square]
  }
  return best
}
