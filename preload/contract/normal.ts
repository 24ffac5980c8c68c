// The standard normal's distribution function and its inverse: the quantile scale of the latent
// plane, the same for the hosts that lay a grid and for the page that draws points over it.

/**
 * P(Z <= x), relative error below 1e-12 up to 3.5, 1e-8 up to 7, 1e-6 beyond (Hart 1968, as given
 * by G. West 2005).
 */
export function normalCumulative(x: number): number {
  const size = Math.abs(x)
  if (Number.isNaN(x)) return NaN
  if (size > 37) return x > 0 ? 1 : 0
  const tail =
    Math.exp((-size * size) / 2) * (size < 7.07106781186547 ? nearRatio(size) : farRatio(size))
  return x > 0 ? 1 - tail : tail
}

const polynomial = (coefficients: readonly number[], x: number) =>
  coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0)

const above = [
  3.52624965998911e-2, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871,
  221.213596169931, 220.206867912376,
]
const below = [
  8.83883476483184e-2, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674,
  637.333633378831, 793.826512519948, 440.413735824752,
]
const nearRatio = (x: number) => polynomial(above, x) / polynomial(below, x)

// a continued fraction, five terms
const farRatio = (x: number) =>
  1 / (x + 1 / (x + 2 / (x + 3 / (x + 4 / (x + 0.65))))) / 2.506628274631

/**
 * Inverse of the standard normal's distribution function, |relative error| < 1.2e-9 (P. J. Acklam's
 * rational approximation).
 */
export function normalQuantile(p: number): number {
  const a = [
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
    2.506628277459239,
  ]
  const b = [
    -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972,
    -13.28068155288572, 1,
  ]
  const c = [
    -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734,
    4.374664141464968, 2.938163982698783,
  ]
  const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1]
  if (p > 0.97575) return -normalQuantile(1 - p)
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p))
    return polynomial(c, q) / polynomial(d, q)
  }
  const q = p - 0.5
  return (polynomial(a, q * q) * q) / polynomial(b, q * q)
}
