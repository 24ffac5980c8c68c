// The values of a chart at one step: the training loss at that very step, validation where it was
// measured nearest to it.
import { nearestIndex, type Points } from '../../draw/panel.ts'
import { count, loss } from '../../format.ts'

export interface Reading {
  step: number
  /** Smoothed and raw training loss at the step, null before the first. */
  train: { smoothed: number; raw: number } | null
  /** The validation nearest to the step. */
  validation: { value: number; step: number } | null
}

/** at: both training values at a step; length: steps that there are. */
export function readingAt(
  wanted: number,
  length: number,
  at: (step: number) => { smoothed: number; raw: number } | null,
  validation: Points,
): Reading {
  // right of the curve's end the last step is told, and named
  const step = Math.max(Math.min(1, length), Math.min(length, Math.round(wanted)))
  const index = validation.steps.length > 0 ? nearestIndex(validation.steps, step) : -1
  return {
    step,
    train: step >= 1 ? at(step) : null,
    validation:
      index < 0 ? null : { value: validation.values[index]!, step: validation.steps[index]! },
  }
}

/**
 * "train 98.2 (raw 101.3), validation 97.1 at step 1,000"; the raw value only where the line is
 * smoothed.
 */
export function readingText({ step, train, validation }: Reading, smoothed: boolean): string {
  const parts: string[] = []
  if (train)
    parts.push(`train ${loss(train.smoothed)}${smoothed ? ` (raw ${loss(train.raw)})` : ''}`)
  if (validation)
    parts.push(
      `validation ${loss(validation.value)}${validation.step === step ? '' : ` at step ${count(validation.step)}`}`,
    )
  return parts.join(', ')
}
