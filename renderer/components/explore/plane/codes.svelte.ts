// The posterior means of the first validation images, asked for in pieces: a first time they appear as they come, later
// all together, so that the plane never empties.
import { maxAnswerBytes, type CheckpointChoice } from '../../../../preload/contract/latent.ts'
import { client } from '../../../client/connection.svelte.ts'
import { codesOf } from '../../latent/answers.ts'
import type { RequestDesk } from '../../latent/requestDesk.ts'

export const pointCount = 5000
const pieceCount = 1000 // one piece holds a trainer up for as long as a step or two

export class Codes {
  readonly #run: string
  readonly #desk: RequestDesk
  /** N x 2Z, [mean | log variance]; null before the first piece. */
  values = $state.raw<Float32Array | null>(null)
  labels = $state.raw<readonly number[]>([])
  step = $state<number | null>(null)
  /** True until the last piece of a round is here. */
  busy = false
  #round = 0

  constructor(run: string, desk: RequestDesk) {
    this.#run = run
    this.#desk = desk
  }

  clear(): void {
    this.#round++
    this.busy = false
    this.#desk.drop('codes')
    this.values = null
    this.step = null
  }

  ask(weights: CheckpointChoice, latentSize: number): void {
    const round = ++this.#round
    this.busy = true
    const pieces: Float32Array[] = []
    const labels: number[] = []
    const fresh = this.values === null
    const piece = Math.min(pieceCount, Math.floor(maxAnswerBytes / (2 * latentSize * 4)))
    const next = () =>
      this.#desk.ask('codes', async (signal) => {
        const first = labels.length
        const answer = await client.latent.encode(
          {
            run: this.#run,
            checkpoint: weights,
            images: { kind: 'split', split: 'validation', first, count: Math.min(piece, pointCount - first) },
          },
          { signal },
        )
        const codes = await codesOf(answer)
        if (round !== this.#round) return
        pieces.push(codes)
        labels.push(...(answer.labels.length > 0 ? answer.labels : new Array<number>(answer.count).fill(0)))
        const over = labels.length >= pointCount || answer.count === 0
        if (fresh || over) this.#show(pieces, labels, answer.step)
        if (over) this.busy = false
        else next()
      })
    next()
  }

  #show(pieces: readonly Float32Array[], labels: readonly number[], step: number): void {
    const all = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
    let at = 0
    for (const piece of pieces) {
      all.set(piece, at)
      at += piece.length
    }
    this.values = all
    this.labels = [...labels]
    this.step = step
  }
}
