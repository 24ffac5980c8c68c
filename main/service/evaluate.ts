// Evaluations as cancellable jobs of the viewer: progress while it counts, the result as the last item. Leaving the
// iterator cancels the job.
import type { CheckpointChoice } from '../../preload/contract/latent.ts'
import type { Evaluation, Progress, Split } from '../../preload/contract/records.ts'
import type { Context } from './context.ts'
import { withStored } from './latent.ts'
import { getRun } from './library.ts'
import { Stream } from './stream.ts'

export type EvaluationItem = { kind: 'progress'; progress: Progress } | { kind: 'result'; evaluation: Evaluation }

export interface EvaluationRequest {
  run: string
  checkpoint: CheckpointChoice
  split: Split
  samples: number
}

export function evaluateRun(
  context: Context,
  request: EvaluationRequest,
  signal: AbortSignal | undefined,
): Stream<EvaluationItem> {
  const run = getRun(context, request.run)
  const { split, samples } = request
  return jobStream(signal, async (progress, cancel) => {
    const ask = (model: Parameters<Parameters<typeof withStored>[3]>[0]) =>
      context.viewer.ask(
        { kind: 'evaluate', model, split, samples },
        { signal: cancel, limit: context.limits.job, onProgress: (now) => progress({ kind: 'progress', progress: now }) },
      )
    const evaluation = (await withStored(context, run, request.checkpoint, ask)) as Evaluation
    return { kind: 'result', evaluation }
  })
}

/** A job as a stream: of its progress only the newest is kept for a slow reader, its result is always the last item. */
export function jobStream<T>(
  signal: AbortSignal | undefined,
  job: (progress: (item: T) => void, cancel: AbortSignal) => Promise<T | undefined>,
): Stream<T> {
  const cancel = new AbortController()
  let newest: T | undefined
  let result: T | undefined
  const stream: Stream<T> = new Stream({
    signal,
    produce() {
      const item = newest ?? result
      if (newest !== undefined) newest = undefined
      else result = undefined
      return item
    },
    onEnd: () => cancel.abort(),
  })
  const progress = (item: T) => {
    newest = item
    stream.wake()
  }
  job(progress, cancel.signal).then(
    (last) => {
      result = last
      stream.finish()
    },
    (error: unknown) => stream.finish(error),
  )
  return stream
}
