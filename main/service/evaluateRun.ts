// Evaluations: measured by the viewer on a stored checkpoint, with progress, cancelled by their
// signal.
import type { CheckpointChoice } from '../../preload/contract/latent.ts'
import type { Evaluation, Split } from '../../preload/contract/records.ts'
import type { Context } from './context.ts'
import type { Task } from './task.ts'
import { withStored } from './latentRequests.ts'
import { getRun } from './library.ts'

export interface EvaluationRequest {
  run: string
  checkpoint: CheckpointChoice
  split: Split
  samples: number
}

/** Throws `not-found`, `wrong-state`, `damaged-checkpoint`, `host-failed`, `cancelled`. */
export async function evaluateRun(
  context: Context,
  { run, checkpoint, split, samples }: EvaluationRequest,
  { progress, cancel }: Pick<Task, 'progress' | 'cancel'>,
): Promise<Evaluation> {
  progress({ stage: 'Reading the checkpoint', done: 0, total: 0, unit: '' })
  const evaluation = await withStored(context, getRun(context, run), checkpoint, (model) =>
    context.viewer.ask(
      { kind: 'evaluate', model, split, samples },
      { signal: cancel, limit: context.limits.job, onProgress: progress },
    ),
  )
  return evaluation as Evaluation
}
