// The UMAP plane of the validation codes: asked for when it is chosen, with progress and a way to
// stop; kept for each run and step, so that coming back costs nothing.
import { untrack } from 'svelte'
import { client } from '../../../client/connection.svelte.ts'
import { problemFrom, type Problem } from '../../../client/problem.ts'
import type { Progress } from '../../../../preload/contract/records.ts'
import { keepPlan, keptPlan, type Plan } from './plans.ts'
import type { ExploreContext } from '../exploreContext.svelte.ts'

export class Projection {
  readonly #subject: ExploreContext
  plan = $state.raw<Plan | null>(null)
  progress = $state.raw<Progress | null>(null)
  problem = $state.raw<Problem | null>(null)
  /** True after a stop by hand. */
  stopped = $state(false)
  #stop: AbortController | null = null

  /** Make it while a component starts. chosen: whether the plane shows it. */
  constructor(subject: ExploreContext, chosen: () => boolean) {
    this.#subject = subject
    $effect(() => {
      const weights = subject.askable
      if (!chosen() || weights === null) return undefined
      // only the choice and the weights begin it: a plan of a step in training is made anew by hand
      untrack(() => {
        this.stopped = false
        this.plan = keptPlan(this.#subject.source.id, this.#step())
        if (!this.plan) void this.compute()
      })
      return () => this.#stop?.abort()
    })
  }

  get busy(): boolean {
    return this.progress !== null
  }

  /** Steps that training has gone since the weights of this plan. */
  get behind(): number {
    return this.plan ? (this.#subject.run?.step ?? 0) - this.plan.step : 0
  }

  cancel(): void {
    this.#stop?.abort()
    this.stopped = true
  }

  async compute(): Promise<void> {
    const checkpoint = this.#subject.askable
    if (checkpoint === null) return
    this.#stop?.abort()
    const stop = new AbortController()
    this.#stop = stop
    this.stopped = false
    this.problem = null
    this.progress = { stage: 'Encoding', done: 0, total: 1, unit: '' }
    try {
      const items = await client.analysis.project(
        { run: this.#subject.source.id, checkpoint },
        { signal: stop.signal },
      )
      for await (const item of items) {
        if (stop.signal.aborted) return
        if (item.kind === 'progress') this.progress = item.progress
        else {
          const plan = {
            positions: Float32Array.from(item.projection.positions),
            step: item.projection.step,
          }
          keepPlan(this.#subject.source.id, plan)
          if (!stop.signal.aborted) this.plan = plan
        }
      }
    } catch (thrown) {
      if (!stop.signal.aborted) this.problem = problemFrom(thrown)
    } finally {
      if (this.#stop === stop) this.progress = null
    }
  }

  // weights in training are those of the newest checkpoint, which the next look may find newer
  #step(): number {
    const { askable, run } = this.#subject
    return typeof askable === 'number' ? askable : (run?.step ?? 0)
  }
}
