// Ways from one latent point to another, as the command line and the Interpolate tool both walk
// them: lerp keeps to the straight line, slerp to the great circle (White 2016, "Sampling
// Generative Networks", section 2.1).

export type PathMode = 'lerp' | 'slerp'

/**
 * Below this sine of the angle between two points their great circle is not defined to float
 * accuracy.
 */
const smallestSine = 1e-6

/** (1 - t) a + t b: exactly a at 0 and exactly b at 1. */
export function lerp(a: readonly number[], b: readonly number[], t: number): number[] {
  return mixed(a, b, 1 - t, t)
}

/**
 * sin((1 - t) w) / sin w * a + sin(t w) / sin w * b, with w the angle between a and b and their
 * lengths as they are, as White writes it: between points of one length the length stays, between
 * others it moves along with them. The straight line where w is 0 or pi or a point is 0 (every
 * one-dimensional latent): no great circle is defined there.
 */
export function slerp(a: readonly number[], b: readonly number[], t: number): number[] {
  if (t === 0 || t === 1) return lerp(a, b, t)
  const lengths = Math.hypot(...a) * Math.hypot(...b)
  if (lengths === 0) return lerp(a, b, t)
  const cosine = a.reduce((sum, value, i) => sum + value * b[i]!, 0) / lengths
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)))
  const sine = Math.sin(angle)
  if (sine < smallestSine) return lerp(a, b, t)
  return mixed(a, b, Math.sin((1 - t) * angle) / sine, Math.sin(t * angle) / sine)
}

/**
 * `steps` points (at least 2) along each leg from a point to the next, both ends of a leg counted;
 * where two legs meet, the point stands once: (points - 1) x (steps - 1) + 1 in all. The points
 * given are in the path as they are.
 */
export function interpolatePath(
  points: readonly (readonly number[])[],
  steps: number,
  mode: PathMode,
): number[][] {
  const between = mode === 'slerp' ? slerp : lerp
  const path = points.slice(0, 1).map((point) => [...point])
  for (let leg = 1; leg < points.length; leg++) {
    const [a, b] = [points[leg - 1]!, points[leg]!]
    for (let step = 1; step < steps; step++)
      path.push(step === steps - 1 ? [...b] : between(a, b, step / (steps - 1)))
  }
  return path
}

function mixed(a: readonly number[], b: readonly number[], ofA: number, ofB: number): number[] {
  return a.map((value, i) => ofA * value + ofB * b[i]!)
}
