// What the loss of a run was at a step: the smoothed training loss as its timeline tells it, and
// the newest validation until then. The curves are kept with the run, and take over only what is
// new.
import type { Validation } from '../../../../preload/contract/records.ts'
import type { RunState } from '../../../state/run.svelte.ts'
import { LossCurves } from '../../charts/lossCurves.ts'
import { defaultHorizon } from '../../charts/lossFeed.svelte.ts'

const known = new WeakMap<RunState, LossCurves>()

export interface LossThen {
  /** Smoothed, nats per image; null before the first step. */
  train: number | null
  validation: Validation | undefined
}

/** Reading it in a derived value follows the run. */
export function lossThen(source: RunState, step: number): LossThen {
  void source.revision
  const curves = known.get(source) ?? new LossCurves()
  known.set(source, curves)
  curves.follow(source.series, defaultHorizon(source.run?.totalSteps ?? 0))
  return {
    train: step < 1 ? null : (curves.at('total', step)?.smoothed ?? null),
    validation: source.validations.findLast((item) => item.step <= step),
  }
}
