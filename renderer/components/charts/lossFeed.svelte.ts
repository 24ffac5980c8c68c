// The curves of a run that is being watched, brought up to date at most ten times a second: drawing
// must not take the trainer's time.
import { untrack } from 'svelte'
import type { RunState } from '../../state/run.svelte.ts'
import { LossCurves } from './lossCurves.ts'

/** Steps that a smooth line may cover; 0 draws the values themselves. */
export const horizons = [0, 10, 50, 100, 500, 1000, 5000] as const
const pause = 100 // milliseconds between two updates

/** About a hundredth of the run. */
export function defaultHorizon(totalSteps: number): number {
  return horizons.findLast((horizon) => horizon <= Math.max(10, totalSteps / 100)) ?? 10
}

export class LossFeed {
  readonly curves = new LossCurves()
  /** Goes up when the curves changed. */
  revision = $state(0)
  /** Steps whose values the curves hold. */
  length = $state(0)
  #last = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Make it while a component starts. */
  constructor(source: RunState, horizon: () => number) {
    $effect(() => {
      void source.revision
      const steps = horizon()
      const wait = Math.max(0, this.#last + pause - performance.now())
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => this.#update(source, steps), wait)
    })
    $effect(() => () => clearTimeout(this.#timer))
  }

  #update(source: RunState, horizon: number): void {
    this.#last = performance.now()
    this.curves.follow(source.series, horizon)
    this.length = source.series.length
    untrack(() => this.revision++)
  }
}
