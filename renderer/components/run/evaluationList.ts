// What evaluations of a run have measured, out of the jobs that measured it.
import type { Job } from '../../../preload/contract/jobs.ts'
import type { Evaluation } from '../../../preload/contract/records.ts'

export interface Measured {
  /** The job. */
  id: string
  evaluation: Evaluation
}

/**
 * jobs: newest first. The newest of those that measured the same thing: split, step and samples.
 */
export function newestEvaluations(jobs: readonly Job[]): Measured[] {
  const found = new Map<string, Measured>()
  for (const { id, result } of jobs) {
    if (result?.kind !== 'evaluate') continue
    const { evaluation } = result
    const key = [evaluation.split, evaluation.step, evaluation.samples ?? 0].join(' ')
    if (!found.has(key)) found.set(key, { id, evaluation })
  }
  return [...found.values()]
}
