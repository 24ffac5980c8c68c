// What one model makes of the common images: its reconstruction of each and what that costs, asked
// one image after the other, so that nothing waits for all ten.
import type { CheckpointChoice } from '../../../../preload/contract/latent.ts'
import { client } from '../../../client/connection.svelte.ts'
import type { Tiles } from '../../../draw/tiles.ts'
import { tilesOf } from '../../latent/answers.ts'
import type { RequestQueue } from '../../latent/requestQueue.ts'
import { gathered } from './inputs.ts'

/** Draws from the posterior over which an image's loss is averaged. */
export const draws = 8

export interface ImageLoss {
  /** Nats; total = reconstruction + KL. */
  total: number
  reconstruction: number
  kl: number
}

export class Explained {
  readonly #run: string
  readonly #queue: RequestQueue
  /** One for each image, null until its answer is here. */
  losses = $state.raw<readonly (ImageLoss | null)[]>([])
  /** All reconstructions; black where the answer is not here yet. */
  tiles = $state.raw<Tiles | null>(null)
  #round = 0
  #asked = ''

  constructor(run: string, queue: RequestQueue) {
    this.#run = run
    this.#queue = queue
  }

  clear(): void {
    this.#round++
    this.#asked = ''
    this.#queue.drop('explain')
    this.losses = []
    this.tiles = null
  }

  /** took: told the step of each answer, says whether it is still wanted. */
  ask(
    weights: CheckpointChoice,
    indices: readonly number[],
    took: (step: number) => boolean,
  ): void {
    const asked = `${weights} ${indices.join()}`
    // the same question again, of weights that moved on: the old answers stay until the new ones
    // are here
    if (asked !== this.#asked) this.clear()
    this.#asked = asked
    if (this.losses.length === 0) this.losses = indices.map(() => null)
    const round = ++this.#round
    const next = (place: number) => {
      const index = indices[place]
      if (index === undefined) return
      this.#queue.ask('explain', async (signal) => {
        const image = { kind: 'split' as const, split: 'test' as const, index }
        const about = { run: this.#run, checkpoint: weights }
        const answer = await client.analysis.explain(
          { ...about, image, samples: draws },
          { signal },
        )
        const tiles = tilesOf(answer)
        if (round !== this.#round || !took(answer.step)) return
        const { reconstruction, klPerDimension } = answer.loss
        const kl = klPerDimension.reduce((sum, value) => sum + value, 0)
        this.#put(place, { reconstruction, kl, total: reconstruction + kl }, gathered(tiles, [1]))
        next(place + 1)
      })
    }
    next(0)
  }

  #put(place: number, loss: ImageLoss, tile: Tiles): void {
    this.losses = this.losses.map((known, i) => (i === place ? loss : known))
    const size = tile.pixels.length
    const pixels = new Uint8Array(this.losses.length * size)
    if (this.tiles?.pixels.length === pixels.length) pixels.set(this.tiles.pixels)
    pixels.set(tile.pixels, place * size)
    this.tiles = { ...tile, count: this.losses.length, pixels }
  }
}
