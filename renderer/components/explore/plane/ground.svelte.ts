// The manifold under the plane: coarse while the plane moves, then as fine as was chosen, in pieces that a drag may
// overtake. Between two answers the old picture stays where it belongs on the plane.
import { maxAnswerBytes, type CheckpointChoice } from '../../../../preload/contract/latent.ts'
import { client } from '../../../client/connection.svelte.ts'
import { problemFrom, type Problem } from '../../../client/problem.ts'
import { joinTiles } from '../../../draw/gather.ts'
import { cellAxis, evenAxis, outerCentres, type Scale } from '../../../draw/plane.ts'
import type { Window } from '../../../draw/points.ts'
import type { FrameTiles, Tiles } from '../../../draw/tiles.ts'
import { datasets } from '../../../state/datasets.svelte.ts'
import { loadFrame } from '../../../state/frames.ts'
import { tilesOf } from '../../latent/answers.ts'
import type { RequestDesk } from '../../latent/requestDesk.ts'
import type { PlaneSpace } from './space.svelte.ts'

const coarse = 10
const unknownTile = 28 * 28 * 3 // bytes, until the data set's shape is known

/** A picture of a part of the plane, on the plane's scale. */
export interface GroundPicture extends Window {
  tiles: Tiles
  grid: number
  step: number
  scale: Scale
}

export class Ground {
  readonly #space: PlaneSpace
  readonly #desk: RequestDesk
  picture = $state.raw<GroundPicture | null>(null)
  /** The stored frame that stands in where weights were not kept. */
  frame = $state.raw<FrameTiles | null>(null)
  problem = $state.raw<Problem | null>(null)
  #round = 0
  #begun: number | null = null

  /** Make it while a component starts. The desk takes requests of the kind `manifold`. */
  constructor(space: PlaneSpace, desk: RequestDesk) {
    this.#space = space
    this.#desk = desk
    void datasets.load()
    $effect(() => this.#ask())
  }

  readonly #tileBytes = $derived.by(() => {
    const info = datasets.list.find((each) => each.name === this.#space.subject.run?.config.dataset)
    return info ? info.width * info.height * info.channels : unknownTile
  })
  readonly #hidden = $derived.by(() => ['points', 'density'].includes(this.#space.choices.layers))

  #ask(): void {
    const { subject, camera, choices, directions, off, scale } = this.#space
    const { window, moving } = camera
    const { askable: weights } = subject
    void subject.quickBeat
    if (subject.model === 'none') return
    if (weights === null) {
      const { frame } = subject.playhead
      if (frame) this.#showFrame(subject.source.id, frame.step)
      return
    }
    this.frame = null
    const round = ++this.#round
    if (this.#hidden || directions === null) return this.#desk.drop('manifold')
    const grid = moving ? Math.min(coarse, choices.grid) : choices.grid
    this.#askPiece({ round, weights, grid, window, scale, parts: [], begun: performance.now() }, off, this.#tileBytes)
  }

  // A piece asks for the next: what is more urgent goes in between, and a newer picture replaces what is left of this one.
  #askPiece(asked: Asked, off: readonly number[], tileBytes: number): void {
    const { subject, dimensions, directions, basis, single } = this.#space
    const { weights, grid, window, scale, parts } = asked
    const firstRow = parts.reduce((sum, part) => sum + part.count / grid, 0)
    const pieces = Math.ceil((grid * grid * tileBytes) / maxAnswerBytes)
    const rows = single
      ? 1
      : Math.min(grid - firstRow, Math.ceil(grid / pieces), Math.max(1, Math.floor(maxAnswerBytes / tileBytes / grid)))
    const spans =
      basis === 'components' && directions
        ? { directions: [[...directions[0]], [...directions[1]]] as [number[], number[]] }
        : { dimensions: (single ? [0, 0] : [...dimensions]) as [number, number] }
    const spacing = {
      kind: 'window' as const,
      scale,
      across: outerCentres(grid, window.across),
      down: outerCentres(grid, window.down),
    }
    this.#desk.ask('manifold', async (signal) => {
      const about = { run: subject.source.id, checkpoint: weights, grid, spacing, ...spans, at: [...off], firstRow, rows }
      const answer = await client.latent.manifold(about, { signal })
      const tiles = tilesOf(answer)
      if (weights !== subject.weights) return
      parts.push(tiles)
      if (!single && firstRow + rows < grid) {
        if (asked.round === this.#round) this.#askPiece(asked, off, tileBytes)
        return
      }
      this.picture = { tiles: joinTiles(parts), grid, step: answer.step, scale, ...window }
      this.problem = null
      this.#begun = asked.begun
    })
  }

  #showFrame(run: string, step: number): void {
    this.#round++
    this.#desk.drop('manifold')
    loadFrame(run, step).then(
      (frame) => {
        const { subject } = this.#space
        if (subject.askable !== null || subject.playhead.frame?.step !== step) return
        const [low, high] = [evenAxis(frame.grid, 3)[0]!, evenAxis(frame.grid, 3).at(-1)!]
        const half = (high - low) / (frame.grid - 1) / 2
        const side = [low - half, high + half] as const
        this.frame = frame
        this.picture = { tiles: frame.manifold, grid: frame.grid, step: frame.step, scale: 'even', across: side, down: side }
        this.problem = null
      },
      (thrown: unknown) => (this.problem = problemFrom(thrown)),
    )
  }

  /** Centres of the picture's cells. */
  get centres(): { columns: number[]; rows: number[] } | null {
    const { picture } = this
    if (!picture) return null
    const { grid, scale, across, down } = picture
    return { columns: cellAxis(grid, across, scale), rows: cellAxis(grid, down, scale) }
  }

  /** Called when the picture is on its canvas: performance.getEntriesByName('latent-manifold'), from its request on. */
  readonly drawn = (): void => {
    const { picture } = this
    if (this.#begun === null || !picture || picture.grid === coarse) return
    performance.clearMeasures('latent-manifold')
    performance.measure('latent-manifold', { start: this.#begun, end: performance.now(), detail: { grid: picture.grid } })
    this.#begun = null
  }
}

interface Asked {
  round: number
  weights: CheckpointChoice
  grid: number
  window: Window
  scale: Scale
  parts: Tiles[]
  begun: number
}
