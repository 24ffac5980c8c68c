// Principal components: eigenvectors of a covariance by cyclic Jacobi rotations (Golub & Van Loan 2013, section 8.5).
// N rows, Z columns, row-major.

export interface Eigen {
  /** By falling value. */
  values: Float64Array
  /** Z x Z: row i is the unit vector of value i; its entry of the largest size is positive. */
  vectors: Float64Array
}

/** Rotations stop when what is off the diagonal is this small beside the whole matrix. */
const TOLERANCE = 1e-14
const MOST_SWEEPS = 50

/** Mean [Z] and covariance [Z x Z] of the rows, divided by N. `breathe` is awaited every few million products. */
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
  const stretch = Math.max(1, Math.floor(1e7 / (Z * Z)))
  for (let i = 0; i < N; i++) {
    for (let d = 0; d < Z; d++) away[d] = table[i * Z + d]! - mean[d]!
    for (let a = 0; a < Z; a++) for (let b = a; b < Z; b++) covariance[a * Z + b]! += away[a]! * away[b]!
    if (i % stretch === stretch - 1) await breathe()
  }
  for (let a = 0; a < Z; a++) for (let b = a; b < Z; b++) covariance[b * Z + a] = covariance[a * Z + b]! /= N
  return { mean, covariance }
}

/** Eigenvalues and eigenvectors of a symmetric matrix, Z x Z. */
export function eigenOf(symmetric: Float64Array, Z: number): Eigen {
  const matrix = symmetric.slice()
  const vectors = new Float64Array(Z * Z) // rows
  for (let d = 0; d < Z; d++) vectors[d * Z + d] = 1
  const whole = sumOfSquares(matrix)
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let off = 0
    for (let a = 0; a < Z; a++) for (let b = 0; b < Z; b++) if (a !== b) off += matrix[a * Z + b]! ** 2
    if (off <= TOLERANCE ** 2 * whole) break
    for (let a = 0; a < Z - 1; a++) for (let b = a + 1; b < Z; b++) rotate(matrix, vectors, Z, a, b)
  }
  return sorted(matrix, vectors, Z)
}

// Makes matrix[a][b] zero (Golub & Van Loan, algorithm 8.5.1) and turns the rows of `vectors` with it.
function rotate(matrix: Float64Array, vectors: Float64Array, Z: number, a: number, b: number): void {
  const off = matrix[a * Z + b]!
  if (off === 0) return
  const tau = (matrix[b * Z + b]! - matrix[a * Z + a]!) / (2 * off)
  const tangent = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau))
  const cosine = 1 / Math.sqrt(1 + tangent * tangent)
  const sine = tangent * cosine
  for (let d = 0; d < Z; d++) turn(matrix, d * Z + a, d * Z + b, cosine, sine) // columns
  for (let d = 0; d < Z; d++) turn(matrix, a * Z + d, b * Z + d, cosine, sine) // rows
  for (let d = 0; d < Z; d++) turn(vectors, a * Z + d, b * Z + d, cosine, sine)
}

function turn(values: Float64Array, first: number, second: number, cosine: number, sine: number): void {
  const x = values[first]!
  const y = values[second]!
  values[first] = cosine * x - sine * y
  values[second] = sine * x + cosine * y
}

function sorted(matrix: Float64Array, vectors: Float64Array, Z: number): Eigen {
  const order = Array.from({ length: Z }, (_, d) => d).sort((a, b) => matrix[b * Z + b]! - matrix[a * Z + a]!)
  const values = Float64Array.from(order, (d) => matrix[d * Z + d]!)
  const rows = new Float64Array(Z * Z)
  order.forEach((from, to) => {
    const row = vectors.subarray(from * Z, (from + 1) * Z)
    const largest = row.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0)
    rows.set(largest < 0 ? row.map((value) => -value) : row, to * Z)
  })
  return { values, vectors: rows }
}

const sumOfSquares = (values: Float64Array) => values.reduce((sum, value) => sum + value * value, 0)
