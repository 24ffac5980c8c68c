// The steps of a run that can be stood on: those with a stored picture (a frame) and those with
// stored weights.
import type { Checkpoint, FrameInfo } from '../../preload/contract/records.ts'

/** Steps whose weights can be asked, ascending. */
export function stepsWithWeights(checkpoints: readonly Checkpoint[]): number[] {
  return ascending(checkpoints.filter(({ usable }) => usable).map(({ step }) => step))
}

/** All steps with a frame or with weights, ascending. */
export function momentsOf(frames: readonly FrameInfo[], steps: readonly number[]): number[] {
  return ascending([...frames.map(({ step }) => step), ...steps])
}

/** The step nearest to the wanted one, the earlier of two; null where there is none. */
export function nearestTo(steps: readonly number[], wanted: number): number | null {
  let best: number | null = null
  for (const step of steps)
    if (best === null || Math.abs(step - wanted) < Math.abs(best - wanted)) best = step
  return best
}

const ascending = (steps: readonly number[]) => [...new Set(steps)].sort((a, b) => a - b)
