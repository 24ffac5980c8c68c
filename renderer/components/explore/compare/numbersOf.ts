// The numbers of a compared run at the step that is looked at, each with where it was measured.
import type { Validation } from '../../../../preload/contract/records.ts'
import type { Space } from './comparedSpace.svelte.ts'

export interface Numbers {
  /** Newest validation up to the step. */
  validation: Validation | undefined
  /**
   * Dimensions whose posterior means vary (Var > 0.01) over 5,000 validation images; null until
   * known.
   */
  active: number | null
  latentSize: number
}

export function numbersOf({ source, step, statistics, latentSize }: Space): Numbers {
  const at = step ?? source.run?.step ?? 0
  return {
    validation: source.validations.findLast((item) => item.step <= at),
    active: statistics ? statistics.active.filter(Boolean).length : null,
    latentSize,
  }
}
