// How the place under the cursor is judged: how dense the prior and the codes are there, and which
// images are encoded nearest to it. The density is asked for a few times a second while the cursor
// moves, the rest when it rests.
import type { Densities, Neighbours } from '../../../../preload/contract/analysis.ts'
import { client } from '../../../client/connection.svelte.ts'
import type { Tiles } from '../../../draw/tiles.ts'
import type { RequestQueue } from '../../latent/requestQueue.ts'
import type { ExploreContext } from '../exploreContext.svelte.ts'
import { pointCount } from './codes.svelte.ts'
import type { Choices } from './choices.svelte.ts'

// Under a drag the decoder comes first, so questions are few: milliseconds between two densities
// under a moving cursor, and that it rests before its nearest images are looked for; while training
// before either.
const pause = 320
const rest = 180
const restInTraining = 260
const neighbours = 6

export interface Judged extends Pick<Densities, 'rare' | 'usual' | 'step' | 'images'> {
  prior: number
  posterior: number
  z: readonly number[]
}

export interface Near extends Pick<Neighbours, 'split' | 'step' | 'images'> {
  found: Neighbours['points'][number]
  tiles: Tiles
}

export class DensityProbe {
  readonly #subject: ExploreContext
  readonly #choices: Choices
  readonly #queue: RequestQueue
  judged = $state.raw<Judged | null>(null)
  near = $state.raw<Near | null>(null)
  #asked = 0

  /**
   * Make it while a component starts. The queue takes requests of the kinds `density` and
   * `nearest`.
   */
  constructor(subject: ExploreContext, choices: Choices, queue: RequestQueue) {
    this.#subject = subject
    this.#choices = choices
    this.#queue = queue
    $effect(() => this.#ask())
  }

  #ask(): (() => void) | undefined {
    const { askable: weights, z, model } = this.#subject
    const { near } = this.#choices
    void this.#subject.slowRefresh
    if (weights === null) {
      this.judged = null
      this.near = null
      return undefined
    }
    const training = model === 'training'
    const density = () => {
      this.#asked = performance.now()
      this.#askDensity(weights, z)
    }
    const timers = [
      setTimeout(
        density,
        training ? restInTraining : Math.max(0, this.#asked + pause - performance.now()),
      ),
      setTimeout(() => this.#askNearest(weights, z, near), training ? restInTraining : rest),
    ]
    return () => timers.forEach(clearTimeout)
  }

  #askDensity(checkpoint: NonNullable<ExploreContext['askable']>, z: readonly number[]): void {
    const { source } = this.#subject
    this.#queue.ask('density', async (signal) => {
      const answer = await client.analysis.density(
        { run: source.id, checkpoint, z: [[...z]] },
        { signal },
      )
      if (checkpoint !== this.#subject.weights) return
      const { rare, usual, step, images } = answer
      this.judged = {
        rare,
        usual,
        step,
        images,
        prior: answer.prior[0]!,
        posterior: answer.posterior[0]!,
        z,
      }
    })
  }

  #askNearest(
    checkpoint: NonNullable<ExploreContext['askable']>,
    z: readonly number[],
    split: Choices['near'],
  ): void {
    const { source, training } = this.#subject
    // 55,000 images are not encoded again and again beside a training run
    const codes = { split, images: split === 'train' && !training ? 70_000 : pointCount }
    this.#queue.ask('nearest', async (signal) => {
      const answer = await client.analysis.nearest(
        { run: source.id, checkpoint, codes, z: [[...z]], count: neighbours },
        { signal },
      )
      const pixels = answer.pixels
      if (checkpoint !== this.#subject.weights) return
      const { count, width, height, channels, step, images } = answer
      this.near = {
        split: answer.split,
        step,
        images,
        found: answer.points[0] ?? [],
        tiles: { count, width, height, channels, pixels },
      }
    })
  }
}
