// Which stored weights a choice means, the preferred ones first.
import { StudioError } from '../../preload/contract/errors.ts'
import type { CheckpointChoice } from '../../preload/contract/latent.ts'
import type { Checkpoint, Run } from '../../preload/contract/records.ts'
import {
  listCheckpoints,
  stepsWithWeights,
  usableCheckpoints,
  usableWeights,
} from '../store/checkpointRows.ts'
import type { Store } from '../store/open.ts'

/**
 * A step may be that of a frame. Never empty. Throws `not-found` for a step without weights,
 * `wrong-state` for a run without any.
 */
export function checkpointsFor(store: Store, run: Run, choice: CheckpointChoice): Checkpoint[] {
  if (typeof choice === 'number') return atStep(store, run, choice)
  const usable = usableCheckpoints(store, run.id)
  const trained = usable.filter((checkpoint) => checkpoint.step > 0)
  // every move of a pointer asks this: the whole list, frames and all, is for errors alone
  const all =
    trained.length > 0
      ? trained
      : listCheckpoints(store, run.id).filter(({ reason }) => reason !== 'frame')
  if (usable.length === 0)
    throw new StudioError(
      'wrong-state',
      `Expected a run with a checkpoint, found "${run.name}" with none ${all.length > 0 ? 'left that can be used' : 'yet'}. Train it, or wait for its first checkpoint.`,
      { run: run.id },
    )
  // Untrained weights are no stand-in for trained ones that are damaged: only asking for step 0
  // gives them.
  if (trained.length === 0 && all.some((checkpoint) => checkpoint.step > 0))
    throw new StudioError(
      'damaged-checkpoint',
      `Expected a usable checkpoint of "${run.name}", found only missing or damaged ones. Resume the run to make new ones, or ask for step 0, its untrained weights.`,
      { run: run.id },
    )
  if (choice !== 'best') return trained.length > 0 ? trained : usable
  // by validation, the marked ones first; a run without validations has no better idea than its
  // newest
  const value = (checkpoint: Checkpoint) =>
    checkpoint.validationTotal === null || Number.isNaN(checkpoint.validationTotal)
      ? Infinity
      : checkpoint.validationTotal
  const candidates = trained.length > 0 ? trained : usable
  const marked = candidates.filter((checkpoint) => checkpoint.reason === 'best')
  const rest = candidates.filter((checkpoint) => checkpoint.reason !== 'best')
  return [...marked.sort((a, b) => value(a) - value(b) || b.step - a.step), ...rest]
}

/** Steps that an error names: more than a run of usual settings has. */
const namedSteps = 64

function atStep(store: Store, run: Run, step: number): Checkpoint[] {
  const here = usableWeights(store, run.id, step)
  if (here.length > 0) return here
  const steps = stepsWithWeights(store, run.id)
  const damaged = listCheckpoints(store, run.id).some((checkpoint) => checkpoint.step === step)
  const there =
    steps.length > 0
      ? `found steps ${steps.slice(0, namedSteps).join(', ')}${steps.length > namedSteps ? ', …' : ''}`
      : 'found none'
  throw new StudioError(
    damaged ? 'damaged-checkpoint' : 'not-found',
    `Expected a ${damaged ? 'usable ' : ''}checkpoint of "${run.name}" at step ${step}, ${there}.`,
    { run: run.id, step, steps },
  )
}
