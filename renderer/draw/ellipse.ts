// The ellipse of a Gaussian on a plane: its covariance along two directions, as half axes and the
// angle of the longer one.

/**
 * Half axes are standard deviations, the longer first; angle in degrees from the first direction to
 * the second.
 */
export interface Ellipse {
  long: number
  short: number
  angle: number
}

/**
 * covariance: Z x Z row-major. across, down: directions of Z numbers. The covariance on the plane
 * is R C R', R the two directions; its eigenvalues in closed form.
 */
export function ellipseOf(
  covariance: readonly number[],
  across: readonly number[],
  down: readonly number[],
): Ellipse {
  const [xx, xy, yy] = [
    product(covariance, across, across),
    product(covariance, across, down),
    product(covariance, down, down),
  ]
  const middle = (xx + yy) / 2
  const apart = Math.hypot((xx - yy) / 2, xy)
  return {
    long: Math.sqrt(Math.max(0, middle + apart)),
    short: Math.sqrt(Math.max(0, middle - apart)),
    angle: (Math.atan2(2 * xy, xx - yy) / 2) * (180 / Math.PI),
  }
}

// u' C v
function product(
  covariance: readonly number[],
  u: readonly number[],
  v: readonly number[],
): number {
  let sum = 0
  for (let i = 0; i < u.length; i++) {
    if (u[i] === 0) continue
    for (let j = 0; j < v.length; j++) sum += u[i]! * covariance[i * v.length + j]! * v[j]!
  }
  return sum
}
