// Steps along a line of pixels, evenly or by their logarithm: both directions, so that a pointer
// finds its step.

export interface StepScale {
  kind: 'linear' | 'log'
  /**
   * First and last step shown; a logarithmic scale counts from step + 1, so that step 0 has a
   * place.
   */
  from: number
  to: number
  /** Pixels of the two ends. */
  left: number
  right: number
}

const forward = (scale: StepScale, step: number) =>
  scale.kind === 'log' ? Math.log(step + 1) : step

export function pixelOf(scale: StepScale, step: number): number {
  const start = forward(scale, scale.from)
  const span = forward(scale, scale.to) - start
  const share = span > 0 ? (forward(scale, step) - start) / span : 1
  return scale.left + share * (scale.right - scale.left)
}

export function stepOf(scale: StepScale, pixel: number): number {
  const share = Math.max(
    0,
    Math.min(1, (pixel - scale.left) / Math.max(1, scale.right - scale.left)),
  )
  const start = forward(scale, scale.from)
  const value = start + share * (forward(scale, scale.to) - start)
  return scale.kind === 'log' ? Math.exp(value) - 1 : value
}

/**
 * The value of a rising list that is nearest to `wanted` as the eye sees it on the scale; null for
 * an empty list.
 */
export function nearestStep(
  scale: StepScale,
  steps: readonly number[],
  wanted: number,
): number | null {
  let best: number | null = null
  let bestDistance = Infinity
  for (const step of steps) {
    const distance = Math.abs(forward(scale, step) - forward(scale, wanted))
    if (distance < bestDistance) {
      best = step
      bestDistance = distance
    }
  }
  return best
}
