// The manifold under the plane: coarse while the plane moves, then as fine as was chosen, in pieces
// that a drag may overtake. Between two answers the old picture stays where it belongs on the
// plane.
import { maxAnswerBytes, type CheckpointChoice } from '../../../../preload/contract/latent.ts'
import { client } from '../../../client/connection.svelte.ts'
import { problemFrom, type Problem } from '../../../client/problem.ts'
import { withRows } from '../../../draw/gather.ts'
import { cellAxis, evenAxis, outerCentres, type Scale } from '../../../draw/planeScale.ts'
import type { Window } from '../../../draw/points.ts'
import type { FrameTiles, Tiles } from '../../../draw/tiles.ts'
import { datasets } from '../../../state/datasets.svelte.ts'
import { loadFrame } from '../../../state/frames.ts'
import { tilesOf } from '../../latent/answers.ts'
import type { RequestQueue } from '../../latent/requestQueue.ts'
import type { PlaneSpace } from './planeSpace.svelte.ts'

const coarse = 10
const together = 4 // pieces of one picture under way at once
const quickPiece = 25 // milliseconds
const unknownTile = 28 * 28 * 3 // bytes, until the data set's shape is known

/** A picture of a part of the plane, on the plane's scale. */
export interface GroundPicture extends Window {
  tiles: Tiles
  grid: number
  step: number
  scale: Scale
}

export class ManifoldLayer {
  readonly #space: PlaneSpace
  readonly #queue: RequestQueue
  picture = $state.raw<GroundPicture | null>(null)
  /** The stored frame that stands in where the run has no weights. */
  frame = $state.raw<FrameTiles | null>(null)
  problem = $state.raw<Problem | null>(null)
  #round = 0
  #begun: number | null = null
  #quick = true

  /** Make it while a component starts. The queue takes requests of the kind `manifold`. */
  constructor(space: PlaneSpace, queue: RequestQueue) {
    this.#space = space
    this.#queue = queue
    void datasets.load()
    $effect(() => this.#ask())
  }

  readonly #tileBytes = $derived.by(() => {
    const info = datasets.list.find((each) => each.name === this.#space.subject.run?.config.dataset)
    return info ? info.width * info.height * info.channels : unknownTile
  })
  readonly #hidden = $derived.by(() => ['points', 'density'].includes(this.#space.choices.layers))

  #ask(): void {
    const { subject, camera, choices, directions, dimensions, basis, single, off, scale } =
      this.#space
    const { window, moving } = camera
    const { askable: weights } = subject
    void subject.quickRefresh
    if (subject.model === 'none') return
    if (weights === null) {
      const { frame } = subject.playhead
      if (frame) this.#showFrame(subject.source.id, frame.step)
      return
    }
    this.frame = null
    const round = ++this.#round
    if (this.#hidden || directions === null) return this.#queue.drop('manifold')
    const grid = moving ? Math.min(coarse, choices.grid) : choices.grid
    const spans: Spans = {
      at: [...off],
      ...(basis === 'components'
        ? { directions: [[...directions[0]], [...directions[1]]] }
        : { dimensions: single ? [0, 0] : [...dimensions] }),
    }
    const rows = { done: 0, all: single ? 1 : grid }
    this.#askPieces(
      { round, weights, grid, window, scale, rows, tiles: null, begun: performance.now() },
      spans,
      this.#tileBytes,
    )
  }

  // Pieces ask for the next: what is more urgent goes in between, and a newer picture replaces what
  // is left of this one. Where answers are quick some go together, so that one is on its way while
  // the next is decoded.
  #askPieces(asked: Asked, spans: Spans, tileBytes: number): void {
    const { subject } = this.#space
    const { weights, grid, window, scale, rows } = asked
    const pieces = piecesOf(grid, rows.done, rows.all, tileBytes).slice(
      0,
      this.#quick ? together : 1,
    )
    const spacing = {
      kind: 'window' as const,
      scale,
      across: outerCentres(grid, window.across),
      down: outerCentres(grid, window.down),
    }
    const about = { run: subject.source.id, checkpoint: weights, grid, spacing, ...spans }
    this.#queue.ask('manifold', async (signal) => {
      const began = performance.now()
      const answers = await Promise.all(
        pieces.map(async (piece) => {
          const answer = await client.latent.manifold({ ...about, ...piece }, { signal })
          asked.tiles = withRows(
            asked.tiles,
            tilesOf(answer),
            piece.firstRow * grid,
            rows.all * grid,
          )
          return answer
        }),
      )
      this.#quick = performance.now() - began < pieces.length * quickPiece
      if (weights !== subject.weights) return
      rows.done = pieces.at(-1)!.firstRow + pieces.at(-1)!.rows
      if (rows.done < rows.all) {
        if (asked.round === this.#round) this.#askPieces(asked, spans, tileBytes)
        return
      }
      this.picture = { tiles: asked.tiles!, grid, step: answers.at(-1)!.step, scale, ...window }
      this.problem = null
      this.#begun = asked.begun
    })
  }

  #showFrame(run: string, step: number): void {
    this.#round++
    this.#queue.drop('manifold')
    loadFrame(run, step).then(
      (frame) => {
        const { subject } = this.#space
        if (subject.askable !== null || subject.playhead.frame?.step !== step) return
        const [low, high] = [evenAxis(frame.grid, 3)[0]!, evenAxis(frame.grid, 3).at(-1)!]
        const half = (high - low) / (frame.grid - 1) / 2
        const side = [low - half, high + half] as const
        this.frame = frame
        this.picture = {
          tiles: frame.manifold,
          grid: frame.grid,
          step: frame.step,
          scale: 'even',
          across: side,
          down: side,
        }
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

  /**
   * Called when the picture is on its canvas: performance.getEntriesByName('latent-manifold'), from
   * its request on.
   */
  readonly drawn = (): void => {
    const { picture } = this
    if (this.#begun === null || !picture || picture.grid === coarse) return
    performance.clearMeasures('latent-manifold')
    performance.measure('latent-manifold', {
      start: this.#begun,
      end: performance.now(),
      detail: { grid: picture.grid },
    })
    this.#begun = null
  }
}

/** Which part of latent space the picture goes along, from where. */
interface Spans {
  at: number[]
  dimensions?: [number, number]
  directions?: [number[], number[]]
}

/** The rows that are left, in pieces of about equal size, each within an answer's limit. */
function piecesOf(
  grid: number,
  done: number,
  all: number,
  tileBytes: number,
): { firstRow: number; rows: number }[] {
  const most = Math.max(1, Math.floor(maxAnswerBytes / tileBytes / grid))
  const each = Math.ceil((all - done) / Math.ceil((all - done) / most))
  return Array.from({ length: Math.ceil((all - done) / each) }, (_, i) => ({
    firstRow: done + i * each,
    rows: Math.min(each, all - done - i * each),
  }))
}

interface Asked {
  round: number
  weights: CheckpointChoice
  grid: number
  window: Window
  scale: Scale
  rows: { done: number; all: number }
  /** What has arrived of the picture. */
  tiles: Tiles | null
  begun: number
}
