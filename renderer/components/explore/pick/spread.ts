// How far codes spread on a plane: what a plane has to show so that nearly all of them are on it.
import type { Scatter } from '../../../draw/planeScale.ts'

/**
 * Planes of codes are never narrower than the first and never wider than the second, unless a tool
 * needs more.
 */
export const planeWidths = { least: 3, most: 6 }

/** The whole number inside which 99 of 100 codes lie on each axis. */
export function spreadOf({
  codes,
  latentSize,
  dimensions,
}: Pick<Scatter, 'codes' | 'latentSize' | 'dimensions'>): number {
  const count = codes.length / (2 * latentSize)
  const far = dimensions.map((index) => {
    const values = Float32Array.from({ length: count }, (_, i) =>
      Math.abs(codes[i * 2 * latentSize + index] ?? 0),
    ).sort()
    return values[Math.floor(values.length * 0.99)] ?? planeWidths.least
  })
  return Math.ceil(Math.max(...far))
}
