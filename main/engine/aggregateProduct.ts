// The density of an aggregate posterior at many points of many dimensions, as products of matrices:
// the quadratic form (z - m)^2 / v = z^2 / v - 2 z m / v + m^2 / v is [z^2 | z] times [1/v |
// -2m/v], plus a number of each image. Float32 cancels where variances are small, so the product
// says which images count; where it is not exact enough, their terms are computed again in double
// precision. N images, Z latent, n images of a block, P points of a part.
import { NEGLIGIBLE, logTerm, type Aggregate } from './aggregate.ts'
import { valuesOf } from './tensorValues.ts'
import * as tf from './tf.ts'

/** Images whose side of the product lies on the device at a time. */
const BLOCK = 2048
/** Multiplications between two breaths: some 10 to 20 ms on two cores. */
const STRETCH = 3e8
/** Nats: a term that the product tells so closely is taken from it. */
const CLOSE = 1e-4
/**
 * How much farther off other terms may be than the one that is looked at, and rounding beside the
 * largest.
 */
const [TIMES_FARTHER, ROUNDING] = [8, 1e-6]
/** Float32's relative error, a few times, since each dimension adds several. */
const DOUBT = 4 * 2 ** -24

/** log q at each of the points (rows of Z), nats; as `aggregateLogDensity` to about CLOSE. */
export async function aggregateLogDensities(
  aggregate: Aggregate,
  z: Float64Array,
  breathe: () => Promise<void>,
): Promise<Float64Array> {
  const { count: N, latentSize: Z } = aggregate
  const count = z.length / Z
  const sums = new LogSums(count)
  const points = squaresAndSelves(z, Z) // count x 2Z
  const part = Math.max(1, Math.floor(STRETCH / (BLOCK * 2 * Z)))
  for (let first = 0; first < N; first += BLOCK) {
    const block = blockOf(aggregate, first, Math.min(N, first + BLOCK))
    try {
      for (let from = 0; from < count; from += part) {
        const P = Math.min(part, count - from)
        const [product] = valuesOf(() => [
          tf.matMul(
            tf.tensor2d(points.subarray(from * 2 * Z, (from + P) * 2 * Z), [P, 2 * Z]),
            block.side,
            false,
            true,
          ), // P x n
        ])
        for (let p = 0; p < P; p++)
          addBlock(
            sums,
            aggregate,
            z,
            from + p,
            block,
            product!.subarray(p * block.n, (p + 1) * block.n),
          )
        await breathe()
      }
    } finally {
      block.side.dispose()
    }
  }
  return sums.logs()
}

/** Sums of exponentials, each kept relative to its largest term so far. */
class LogSums {
  readonly most: Float64Array
  private readonly sums: Float64Array

  constructor(count: number) {
    this.most = new Float64Array(count).fill(-Infinity)
    this.sums = new Float64Array(count)
  }

  add(at: number, term: number): void {
    const most = this.most[at]!
    if (term > most) {
      this.sums[at] = this.sums[at]! * Math.exp(most - term) + 1
      this.most[at] = term
    } else if (term > most - NEGLIGIBLE) this.sums[at]! += Math.exp(term - most)
  }

  logs(): Float64Array {
    return this.most.map((most, at) => most + Math.log(this.sums[at]!))
  }
}

interface Block {
  first: number
  n: number
  /** n x 2Z: [-1/2v | m/v] */
  side: tf.Tensor2D
  /** n: what each image adds whatever the point. */
  offset: Float64Array
  /**
   * n: nats by which the product is usually wrong near the image; narrow ones may stand beside wide
   * ones.
   */
  doubt: Float64Array
}

function blockOf(
  { latentSize: Z, mean, inverse, constant }: Aggregate,
  first: number,
  last: number,
): Block {
  const n = last - first
  const side = new Float32Array(n * 2 * Z)
  const offset = new Float64Array(n)
  const doubt = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    let square = 0
    let errors = 0 // squared
    for (let d = 0; d < Z; d++) {
      const m = mean[(first + i) * Z + d]!
      const weight = inverse[(first + i) * Z + d]!
      side[i * 2 * Z + d] = -0.5 * weight
      side[i * 2 * Z + Z + d] = m * weight
      square += m * m * weight
      errors += (m * m * weight) ** 2
    }
    offset[i] = constant[first + i]! - 0.5 * square
    doubt[i] = DOUBT * Math.sqrt(errors)
  }
  return { first, n, side: tf.tensor2d(side, [n, 2 * Z]), offset, doubt }
}

function squaresAndSelves(z: Float64Array, Z: number): Float32Array {
  const rows = new Float32Array(z.length * 2)
  z.forEach((value, at) => {
    const row = Math.floor(at / Z) * 2 * Z + (at % Z)
    rows[row] = value * value
    rows[row + Z] = value
  })
  return rows
}

// products: n, of one point with each image of the block.
function addBlock(
  sums: LogSums,
  aggregate: Aggregate,
  z: Float64Array,
  point: number,
  block: Block,
  products: Float32Array,
): void {
  const { first, n, offset, doubt } = block
  let best = -Infinity
  let at = 0
  for (let i = 0; i < n; i++) {
    const term = offset[i]! + products[i]!
    if (term > best) [best, at] = [term, i]
  }
  const found = logTerm(aggregate, z, point, first + at)
  const error = Math.abs(found - best)
  const slack = NEGLIGIBLE + TIMES_FARTHER * error + ROUNDING * Math.abs(best)
  // by its own term: where the product is wrong, the best of it may be far above any true one
  const least = Math.max(found, sums.most[point]!) - slack
  for (let i = 0; i < n; i++) {
    const term = offset[i]! + products[i]!
    if (term + TIMES_FARTHER * doubt[i]! < least) continue // also no number passes
    const exact = error <= CLOSE && doubt[i]! <= CLOSE && !Number.isNaN(term)
    sums.add(point, exact ? term : logTerm(aggregate, z, point, first + i))
  }
}
