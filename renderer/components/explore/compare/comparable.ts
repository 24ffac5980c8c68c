// Whether the losses of two runs may stand side by side as numbers of one kind, and what to say
// where they may not.
import { likelihoodName } from '../../../../preload/contract/likelihood.ts'
import type { Run } from '../../../../preload/contract/records.ts'

/** Whether two runs were trained on the same images. */
export function sameData(a: Run, b: Run): boolean {
  if (a.config.dataset !== b.config.dataset) return false
  // a run that has not started does not know its data's hash yet
  return a.datasetHash === '' || b.datasetHash === '' || a.datasetHash === b.datasetHash
}

/** Why the losses of these runs are not numbers of one kind, as a sentence; null where they are. */
export function incomparable(runs: readonly Run[]): string | null {
  const [first, ...others] = runs
  if (!first) return null
  if (others.some((other) => !sameData(first, other)))
    return 'These runs were trained on different images, so their losses can’t be compared.'
  const kinds = [...new Set(runs.map((run) => likelihoodName(run.config)))]
  if (kinds.length === 1) return null
  return `These runs use ${kinds.length} kinds of loss (${kinds.join('; ')}). Compare their images, not their numbers.`
}
