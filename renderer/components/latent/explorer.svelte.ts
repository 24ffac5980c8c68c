// What Explore shows of one model: the manifold under the plane, the encoded images on it, and the picture decoded at
// the cursor. All of it asks through one desk, so that dragging never waits for anything but the decode before it.
import type { CheckpointChoice } from '../../../preload/contract/latent.ts'
import { client } from '../../client/connection.svelte.ts'
import { problemFrom, type Problem } from '../../client/problem.ts'
import { evenAxis, nearestCell, type PlaneView } from '../../draw/plane.ts'
import { tileAt, type FrameTiles, type Tiles } from '../../draw/tiles.ts'
import { AddressValue } from '../../state/addressValue.svelte.ts'
import { loadFrame } from '../../state/frames.ts'
import type { Playhead } from '../charts/playhead.svelte.ts'
import { tilesOf } from './answers.ts'
import { Codes } from './codes.svelte.ts'
import { RequestDesk } from './requestDesk.ts'

const grid = 20
// while training: milliseconds between two manifolds, and between two encodings of all points
const manifoldPause = 450
const codesPause = 2500

export interface Decoded {
  tiles: Tiles
  step: number
  /** True when it is a tile of a stored frame: the weights of that step are gone. */
  stored: boolean
  /** Time stamp of the newest pointer event it answers, null when none asked for it. */
  event: number | null
}

export class Explorer {
  readonly playhead: Playhead
  readonly codes: Codes
  manifold = $state.raw<Tiles | null>(null)
  manifoldStep = $state<number | null>(null)
  /** Positions of the manifold's tiles; the plane's axes. */
  columns = $state.raw<readonly number[]>(evenAxis(grid, 3))
  rows = $state.raw<readonly number[]>(evenAxis(grid, 3))
  decoded = $state.raw<Decoded | null>(null)
  problem = $state.raw<Problem | null>(null)
  #event: number | null = null
  #frame = $state.raw<FrameTiles | null>(null)
  readonly #z = new AddressValue('z')
  readonly #dimensions: () => [number, number]
  readonly #limit: () => number
  readonly #desk: RequestDesk

  /** Make it while a component starts. */
  constructor(playhead: Playhead, dimensions: () => [number, number], limit: () => number) {
    this.playhead = playhead
    this.#dimensions = dimensions
    this.#limit = limit
    this.#desk = new RequestDesk(['decode', 'manifold', 'codes'], (thrown) => {
      this.problem = problemFrom(thrown)
      this.codes.busy = false
    })
    this.codes = new Codes(playhead.source.id, this.#desk)
    $effect(() => () => this.#desk.close())
    $effect(() => this.#askManifold())
    $effect(() => this.#askDecode())
    $effect(() => this.#askCodes())
    $effect(() => this.#refreshWhileTraining())
  }

  readonly latentSize = $derived.by(() => this.playhead.source.run?.config.latentSize ?? 2)

  /** The whole latent vector under the cursor. */
  readonly z = $derived.by(() => {
    const numbers = (this.#z.text ?? '').split(',').map(Number)
    return Array.from({ length: this.latentSize }, (_, i) => (Number.isFinite(numbers[i]) ? numbers[i]! : 0))
  })

  /** Which weights can be asked; null at a step whose weights were not kept. */
  readonly weights = $derived.by((): CheckpointChoice | null => {
    const { pinned, source } = this.playhead
    if (pinned === null) return 'live'
    return source.checkpoints.some((checkpoint) => checkpoint.step === pinned && checkpoint.usable) ? pinned : null
  })

  readonly training = $derived.by(
    () => this.playhead.live && ['running', 'paused'].includes(this.playhead.source.run?.status ?? ''),
  )

  // The run's record changes several times a second while it trains: what asks for pictures follows only this of it, or
  // each change would begin the round of codes anew. Everything is asked once more when training ends.
  #model = $derived.by((): 'none' | 'preparing' | 'training' | 'at rest' => {
    const { run } = this.playhead.source
    if (run === null) return 'none'
    if (run.status === 'preparing') return 'preparing'
    return this.training ? 'training' : 'at rest'
  })

  /** Moves the cursor: some of the dimensions, by index. event: time stamp of the pointer event that asked for it. */
  move(changes: Readonly<Record<number, number>>, event: number | null = null): void {
    const next = this.z.map((value, i) => changes[i] ?? value)
    this.#event = event
    // a thousandth is finer than a pixel of the plane
    this.#z.set(next.map((value) => String(Number(value.toFixed(3)))).join(','))
  }

  // Away from the plane's dimensions only: a change along the plane leaves the manifold as it is.
  #others = $derived.by(() => {
    const [a, b] = this.#dimensions()
    return this.z.map((value, i) => (i === a || i === b ? 0 : value)).join(',')
  })

  #askManifold(): void {
    const { source, frame } = this.playhead
    if (this.#model === 'none') return
    const weights = this.weights
    const [dimensions, limit, others] = [this.#dimensions(), this.#limit(), this.#others]
    if (weights === null || (weights === 'live' && this.#model === 'preparing')) {
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
          dimensions: this.latentSize === 1 ? [0, 0] : dimensions,
          at,
        },
        { signal },
      )
      const tiles = await tilesOf(answer)
      if (weights !== this.weights) return
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
        if (this.weights !== null || this.playhead.frame?.step !== step) return
        this.#frame = frame
        this.manifold = frame.manifold
        this.manifoldStep = frame.step
        this.rows = this.columns = evenAxis(frame.grid, 3)
      },
      (thrown: unknown) => (this.problem = problemFrom(thrown)),
    )
  }

  #askDecode(): void {
    const { source } = this.playhead
    if (this.#model === 'none') return
    const { weights, z } = this
    if (weights === null) {
      const frame = this.#frame
      if (!frame) return
      const view: PlaneView = { size: 1, columns: this.columns, rows: this.rows }
      this.decoded = {
        tiles: tileAt(frame.manifold, nearestCell(view, z[0] ?? 0, z[1] ?? 0).index),
        step: frame.step,
        stored: true,
        event: this.#event,
      }
      return
    }
    const event = this.#event
    this.#desk.ask('decode', async (signal) => {
      const answer = await client.latent.decode({ run: source.id, checkpoint: weights, z: [z] }, { signal })
      const tiles = await tilesOf(answer)
      if (weights === this.weights) this.decoded = { tiles, step: answer.step, stored: false, event }
    })
  }

  #askCodes(): void {
    if (this.#model === 'none' || this.#model === 'preparing') return
    if (this.weights === null) this.codes.clear()
    else this.codes.ask(this.weights, this.latentSize)
  }

  // While it trains everything is asked anew, each at its own pace, as long as steps pass and somebody looks.
  #refreshWhileTraining(): (() => void) | undefined {
    if (!this.training) return undefined
    let [last, lastCodes] = [-1, performance.now()]
    const timer = setInterval(() => {
      const step = this.playhead.source.run?.step ?? 0
      if (document.hidden || step === last) return
      last = step
      this.#askManifold()
      this.#askDecode()
      if (this.codes.busy || performance.now() - lastCodes < codesPause) return
      lastCodes = performance.now()
      this.#askCodes()
    }, manifoldPause)
    return () => clearInterval(timer)
  }
}
