// The posterior means of encoded images, asked for in pieces: of the first validation images, or of
// all images there are, the validation images first. A first time they appear as they come, later
// all together, so that the plane never empties.
import { maxAnswerBytes, type CheckpointChoice } from '../../../../preload/contract/latent.ts'
import type { Split } from '../../../../preload/contract/records.ts'
import { client } from '../../../client/connection.svelte.ts'
import { codesOf } from '../../latent/answers.ts'
import type { RequestQueue } from '../../latent/requestQueue.ts'

export type Extent = 'validation' | 'all'
export const pointCount = 5000
const pieceCount = 1000 // one piece holds a trainer up for as long as a step or two

const usual = { validation: pointCount, train: 0, test: 0 }

/** A stretch of a split that one request asks for. */
interface Piece {
  split: Split
  first: number
  count: number
}

export class Codes {
  readonly #run: string
  readonly #queue: RequestQueue
  readonly #quiet: () => Promise<void>
  /** N x 2Z, [mean | log variance]; null before the first piece. */
  values = $state.raw<Float32Array | null>(null)
  labels = $state.raw<readonly number[]>([])
  step = $state<number | null>(null)
  /** False for images without labels. */
  labelled = $state(true)
  /** How far a round of more than the validation images is; null while none is under way. */
  progress = $state.raw<{ done: number; total: number } | null>(null)
  /** True until the last piece of a round is here. */
  busy = false
  #round = 0

  /** quiet: awaited before each piece, so that pieces keep out of the way of a drag. */
  constructor(
    run: string,
    queue: RequestQueue,
    quiet: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.#run = run
    this.#queue = queue
    this.#quiet = quiet
  }

  clear(): void {
    this.stop()
    this.values = null
    this.step = null
  }

  /** Ends the round under way; what is here stays. */
  stop(): void {
    this.#round++
    this.busy = false
    this.progress = null
    this.#queue.drop('codes')
  }

  /** splits: how many images of each are asked for; without it the first validation images. */
  ask(
    weights: CheckpointChoice,
    latentSize: number,
    splits: Readonly<Record<Split, number>> = usual,
  ): void {
    const round = ++this.#round
    this.busy = true
    const most = Math.min(pieceCount, Math.floor(maxAnswerBytes / (2 * latentSize * 4)))
    const pieces = piecesOf(splits, most)
    const total = pieces.reduce((sum, piece) => sum + piece.count, 0)
    const all = new Float32Array(total * 2 * latentSize)
    const labels: number[] = []
    const fresh = this.values === null || this.values.length < all.length
    const many = total > pointCount
    let filled = 0
    this.progress = many ? { done: 0, total } : null
    const next = async () => {
      await this.#quiet()
      if (round !== this.#round) return
      this.#queue.ask('codes', async (signal) => {
        const piece = pieces.shift()!
        const images = { kind: 'split' as const, ...piece }
        const answer = await client.latent.encode(
          { run: this.#run, checkpoint: weights, images },
          { signal },
        )
        const codes = codesOf(answer)
        if (round !== this.#round) return
        all.set(codes, filled)
        filled += codes.length
        for (let i = 0; i < answer.count; i++) labels.push(answer.labels[i] ?? 0)
        this.labelled = answer.labels.length > 0
        const over = pieces.length === 0
        // pieces show one by one only where that adds points
        if (over || (fresh && filled > (this.values?.length ?? 0)))
          this.#show(all.subarray(0, filled), labels, answer.step)
        this.progress = many && !over ? { done: labels.length, total } : null
        if (over) this.busy = false
        else void next()
      })
    }
    void next()
  }

  #show(values: Float32Array, labels: readonly number[], step: number): void {
    this.values = values
    this.labels = [...labels]
    this.step = step
  }
}

function piecesOf(splits: Readonly<Record<Split, number>>, most: number): Piece[] {
  return (['validation', 'train', 'test'] as const).flatMap((split) =>
    Array.from({ length: Math.ceil(splits[split] / most) }, (_, i) => ({
      split,
      first: i * most,
      count: Math.min(most, splits[split] - i * most),
    })),
  )
}
