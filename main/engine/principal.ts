// Principal components: eigenvectors of a covariance, made tridiagonal by reflections and then
// diagonal by implicit QL steps (Golub & Van Loan 2013, sections 8.3.1 and 8.3.3; Martin &
// Wilkinson 1968). N rows, Z columns, row-major.

export interface Eigen {
  /** By falling value. */
  values: Float64Array
  /** Z x Z: row i is the unit vector of value i; its entry of the largest size is positive. */
  vectors: Float64Array
}

/** Steps for one eigenvalue: two are usual, more than thirty are not known. */
const MOST_STEPS = 60
/** Products between two breaths: some 10 ms. */
const STRETCH = 1e7

/**
 * Mean [Z] and covariance [Z x Z] of the rows, divided by N. `breathe` is awaited every ten million
 * products.
 */
export async function covarianceOf(
  table: ArrayLike<number>,
  Z: number,
  breathe: () => Promise<void>,
): Promise<{ mean: Float64Array; covariance: Float64Array }> {
  const N = table.length / Z
  const mean = new Float64Array(Z)
  for (let at = 0; at < table.length; at++) mean[at % Z]! += table[at]! / N
  const covariance = new Float64Array(Z * Z)
  const away = new Float64Array(Z)
  const stretch = Math.max(1, Math.floor(STRETCH / (Z * Z)))
  for (let i = 0; i < N; i++) {
    for (let d = 0; d < Z; d++) away[d] = table[i * Z + d]! - mean[d]!
    for (let a = 0; a < Z; a++)
      for (let b = a; b < Z; b++) covariance[a * Z + b]! += away[a]! * away[b]!
    if (i % stretch === stretch - 1) await breathe()
  }
  for (let a = 0; a < Z; a++)
    for (let b = a; b < Z; b++) covariance[b * Z + a] = covariance[a * Z + b]! /= N
  return { mean, covariance }
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix, Z x Z. `breathe` is awaited every ten million
 * products.
 */
export async function eigenOf(
  symmetric: Float64Array,
  Z: number,
  breathe: () => Promise<void>,
): Promise<Eigen> {
  const matrix = symmetric.slice()
  const vectors = new Float64Array(Z * Z) // rows
  for (let d = 0; d < Z; d++) vectors[d * Z + d] = 1
  let products = 0
  const work = async (more: number) => {
    products += more
    if (products < STRETCH) return
    products = 0
    await breathe()
  }
  for (let column = 0; column < Z - 2; column++) {
    reflect(matrix, vectors, Z, column)
    await work(4 * Z * (Z - column))
  }
  const values = Float64Array.from({ length: Z }, (_, d) => matrix[d * Z + d]!)
  const off = Float64Array.from({ length: Z }, (_, d) => (d + 1 < Z ? matrix[d * Z + d + 1]! : 0))
  const tiny =
    Number.EPSILON ** 2 * Math.sqrt(symmetric.reduce((sum, value) => sum + value * value, 0))
  for (let first = 0; first < Z; first++) {
    for (let step = 0; step < MOST_STEPS; step++) {
      const last = endOfPart(values, off, first, tiny)
      if (last === first) break
      stepOfQl(values, off, vectors, Z, first, last)
      await work(4 * Z * (last - first))
    }
  }
  return sorted(values, vectors, Z)
}

// Makes zero what lies below the first subdiagonal of a column, by one reflection of the matrix
// from both sides (Golub & Van Loan, algorithm 8.3.1); the rows of `vectors` are reflected with it.
function reflect(matrix: Float64Array, vectors: Float64Array, Z: number, column: number): void {
  const from = column + 1
  const v = new Float64Array(Z)
  let square = 0
  for (let d = from; d < Z; d++) square += (v[d] = matrix[d * Z + column]!) ** 2
  if (square === v[from]! ** 2) return
  v[from]! += v[from]! >= 0 ? Math.sqrt(square) : -Math.sqrt(square)
  let length = 0
  for (let d = from; d < Z; d++) length += v[d]! ** 2
  const scale = 2 / length
  const p = new Float64Array(Z) // scale x matrix v
  for (let a = column; a < Z; a++)
    for (let b = from; b < Z; b++) p[a]! += scale * matrix[a * Z + b]! * v[b]!
  let along = 0
  for (let d = from; d < Z; d++) along += 0.5 * scale * p[d]! * v[d]!
  for (let d = from; d < Z; d++) p[d]! -= along * v[d]!
  for (let a = column; a < Z; a++)
    for (let b = column; b < Z; b++) matrix[a * Z + b]! -= v[a]! * p[b]! + p[a]! * v[b]!
  const q = new Float64Array(Z) // scale x v vectors
  for (let d = from; d < Z; d++)
    for (let b = 0; b < Z; b++) q[b]! += scale * v[d]! * vectors[d * Z + b]!
  for (let d = from; d < Z; d++) for (let b = 0; b < Z; b++) vectors[d * Z + b]! -= v[d]! * q[b]!
}

// The last index of the part from `first` on that nothing cuts off the diagonal.
function endOfPart(values: Float64Array, off: Float64Array, first: number, tiny: number): number {
  let last = first
  while (
    last < values.length - 1 &&
    Math.abs(off[last]!) >
      Math.max(tiny, Number.EPSILON * (Math.abs(values[last]!) + Math.abs(values[last + 1]!)))
  )
    last++
  return last
}

// One implicit QL step with Wilkinson's shift on the part first .. last; the rows of `vectors` turn
// with it.
function stepOfQl(
  values: Float64Array,
  off: Float64Array,
  vectors: Float64Array,
  Z: number,
  first: number,
  last: number,
): void {
  const half = (values[first + 1]! - values[first]!) / (2 * off[first]!)
  const root = Math.sqrt(half * half + 1)
  let g = values[last]! - values[first]! + off[first]! / (half + (half >= 0 ? root : -root))
  let [sine, cosine, shift] = [1, 1, 0]
  for (let i = last - 1; i >= first; i--) {
    const f = sine * off[i]!
    const b = cosine * off[i]!
    const length = Math.sqrt(f * f + g * g)
    off[i + 1] = length
    if (length === 0) {
      values[i + 1]! -= shift
      off[last] = 0
      return
    }
    sine = f / length
    cosine = g / length
    g = values[i + 1]! - shift
    const turned = (values[i]! - g) * sine + 2 * cosine * b
    shift = sine * turned
    values[i + 1] = g + shift
    g = cosine * turned - b
    turn(vectors, i * Z, (i + 1) * Z, Z, cosine, sine)
  }
  values[first]! -= shift
  off[first] = g
  off[last] = 0
}

function turn(
  vectors: Float64Array,
  first: number,
  second: number,
  Z: number,
  cosine: number,
  sine: number,
): void {
  for (let d = 0; d < Z; d++) {
    const x = vectors[first + d]!
    const y = vectors[second + d]!
    vectors[first + d] = cosine * x - sine * y
    vectors[second + d] = sine * x + cosine * y
  }
}

function sorted(values: Float64Array, vectors: Float64Array, Z: number): Eigen {
  const order = Array.from({ length: Z }, (_, d) => d).sort((a, b) => values[b]! - values[a]!)
  const rows = new Float64Array(Z * Z)
  order.forEach((from, to) => {
    const row = vectors.subarray(from * Z, (from + 1) * Z)
    const largest = row.reduce(
      (most, value) => (Math.abs(value) > Math.abs(most) ? value : most),
      0,
    )
    rows.set(largest < 0 ? row.map((value) => -value) : row, to * Z)
  })
  return { values: Float64Array.from(order, (d) => values[d]!), vectors: rows }
}
