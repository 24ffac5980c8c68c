// What Explore shows of one model: the manifold under the plane, the encoded images on it, and the picture decoded at
// the cursor. All of it asks through one desk, so that dragging never waits for anything but the decode before it.
import { client } from '../../../client/connection.svelte.ts'
import { problemFrom, type Problem } from '../../../client/problem.ts'
import { evenAxis, nearestCell, type PlaneView } from '../../../draw/plane.ts'
import { tileAt, type FrameTiles, type Tiles } from '../../../draw/tiles.ts'
import { loadFrame } from '../../../state/frames.ts'
import { tilesOf } from '../../latent/answers.ts'
import { Codes } from './codes.svelte.ts'
import { RequestDesk } from '../../latent/requestDesk.ts'
import type { Subject } from '../subject.svelte.ts'

const grid = 20

export interface Decoded {
  tiles: Tiles
  step: number
  /** True when it is a tile of a stored frame: the weights of that step are gone. */
  stored: boolean
  /** Time stamp of the newest pointer event it answers, null when none asked for it. */
  event: number | null
}

export class Explorer {
  readonly subject: Subject
  readonly codes: Codes
  manifold = $state.raw<Tiles | null>(null)
  manifoldStep = $state<number | null>(null)
  /** Positions of the manifold's tiles; the plane's axes. */
  columns = $state.raw<readonly number[]>(evenAxis(grid, 3))
  rows = $state.raw<readonly number[]>(evenAxis(grid, 3))
  decoded = $state.raw<Decoded | null>(null)
  problem = $state.raw<Problem | null>(null)
  #frame = $state.raw<FrameTiles | null>(null)
  readonly #limit: () => number
  readonly #desk: RequestDesk

  /** Make it while a component starts. */
  constructor(subject: Subject, limit: () => number) {
    this.subject = subject
    this.#limit = limit
    this.#desk = new RequestDesk(['decode', 'manifold', 'codes'], (thrown) => {
      this.problem = problemFrom(thrown)
      this.codes.busy = false
    })
    this.codes = new Codes(subject.source.id, this.#desk)
    $effect(() => () => this.#desk.close())
    $effect(() => this.#askManifold())
    $effect(() => this.#askDecode())
    $effect(() => this.#askCodes())
  }

  // Away from the plane's dimensions only: a change along the plane leaves the manifold as it is.
  #others = $derived.by(() => {
    const [a, b] = this.subject.dimensions
    return this.subject.z.map((value, i) => (i === a || i === b ? 0 : value)).join(',')
  })

  #askManifold(): void {
    const { subject } = this
    if (subject.model === 'none') return
    const [dimensions, limit, others] = [subject.dimensions, this.#limit(), this.#others]
    const { askable: weights, source, latentSize } = subject
    void subject.quickBeat
    if (weights === null) {
      const { frame } = subject.playhead
      if (frame) this.#showFrame(source.id, frame.step)
      return
    }
    this.#frame = null
    this.#desk.ask('manifold', async (signal) => {
      const at = others.split(',').map(Number)
      const answer = await client.latent.manifold(
        {
          run: source.id,
          checkpoint: weights,
          grid,
          spacing: { kind: 'range', limit },
          dimensions: latentSize === 1 ? [0, 0] : dimensions,
          at,
        },
        { signal },
      )
      const tiles = await tilesOf(answer)
      if (weights !== subject.weights) return
      this.manifold = tiles
      this.manifoldStep = answer.step
      this.rows = answer.rows
      this.columns = answer.columns
      this.problem = null
    })
  }

  #showFrame(run: string, step: number): void {
    this.#desk.drop('manifold')
    loadFrame(run, step).then(
      (frame) => {
        if (this.subject.askable !== null || this.subject.playhead.frame?.step !== step) return
        this.#frame = frame
        this.manifold = frame.manifold
        this.manifoldStep = frame.step
        this.rows = this.columns = evenAxis(frame.grid, 3)
      },
      (thrown: unknown) => (this.problem = problemFrom(thrown)),
    )
  }

  #askDecode(): void {
    const { subject } = this
    if (subject.model === 'none') return
    const { askable: weights, source, z } = subject
    void subject.quickBeat
    const { event } = subject
    if (weights === null) {
      const frame = this.#frame
      if (!frame) return
      const view: PlaneView = { size: 1, columns: this.columns, rows: this.rows }
      const tiles = tileAt(frame.manifold, nearestCell(view, z[0] ?? 0, z[1] ?? 0).index)
      this.decoded = { tiles, step: frame.step, stored: true, event }
      return
    }
    this.#desk.ask('decode', async (signal) => {
      const answer = await client.latent.decode({ run: source.id, checkpoint: weights, z: [z] }, { signal })
      const tiles = await tilesOf(answer)
      if (weights === subject.weights) this.decoded = { tiles, step: answer.step, stored: false, event }
    })
  }

  #askCodes(): void {
    const { subject } = this
    if (subject.model === 'none' || subject.model === 'preparing') return
    void subject.slowBeat
    if (subject.weights === null) this.codes.clear()
    else if (!this.codes.busy || subject.model !== 'training') this.codes.ask(subject.weights, subject.latentSize)
  }
}
