// Which frame of a second run stands beside the first one's: the one at the same step, or at the
// same share of training.
import type { FrameInfo } from '../../../../preload/contract/records.ts'

export const alignments = ['step', 'share'] as const
export type Alignment = (typeof alignments)[number]

/** The step of the other run that goes with a step of the first. */
export function alignedStep(
  how: Alignment,
  step: number,
  total: number,
  otherTotal: number,
): number {
  if (how === 'step' || total <= 0) return step
  return Math.round((step / total) * otherTotal)
}

/** The stored frame nearest to a step, the earlier one of two; undefined where there is none. */
export function nearestFrame(frames: readonly FrameInfo[], step: number): FrameInfo | undefined {
  return frames.reduce<FrameInfo | undefined>(
    (best, frame) =>
      best && Math.abs(best.step - step) <= Math.abs(frame.step - step) ? best : frame,
    undefined,
  )
}

/** The frame before the one at a step. */
export function frameBefore(frames: readonly FrameInfo[], step: number): FrameInfo | undefined {
  return frames.findLast((frame) => frame.step < step)
}

/**
 * Indices of `count` items by their distance from `at`, the next before the last, at most `reach`
 * away.
 */
export function around(at: number, count: number, reach: number): number[] {
  const found: number[] = []
  for (let distance = 1; distance <= Math.min(reach, count); distance++) {
    if (at + distance < count) found.push(at + distance)
    if (at - distance >= 0) found.push(at - distance)
  }
  return found
}
