// Where the shown part of the plane lies far from the data: the density of the codes on a lattice
// of points, asked for when the plane rests.
import { client } from '../../../client/connection.svelte.ts'
import { cellAxis } from '../../../draw/planeScale.ts'
import type { Window } from '../../../draw/points.ts'
import type { Lattice } from '../../../draw/veil.ts'
import type { RequestQueue } from '../../latent/requestQueue.ts'
import type { PlaneSpace } from './planeSpace.svelte.ts'

const cells = { rest: 40, training: 24 } // along one side
const pause = 140 // milliseconds that everything rests before it is asked

export interface ShownLattice extends Window, Lattice {
  step: number
}

export class Extrapolation {
  readonly #space: PlaneSpace
  readonly #queue: RequestQueue
  readonly #quiet: () => Promise<void>
  lattice = $state.raw<ShownLattice | null>(null)

  /**
   * Make it while a component starts. The queue takes requests of the kind `lattice`; quiet:
   * awaited before each.
   */
  constructor(space: PlaneSpace, queue: RequestQueue, quiet: () => Promise<void>) {
    this.#space = space
    this.#queue = queue
    this.#quiet = quiet
    $effect(() => this.#ask())
  }

  #ask(): (() => void) | undefined {
    const { subject, camera, choices, directions, off, scale, single } = this.#space
    const { askable: weights, training } = subject
    const { window, moving } = camera
    void subject.slowRefresh
    if (weights === null || directions === null || !choices.veil) {
      this.lattice = null
      return undefined
    }
    if (moving) return undefined
    const side = training ? cells.training : cells.rest
    const points = {
      origin: [...off],
      across: [...directions[0]],
      down: [...directions[1]],
      x: cellAxis(side, window.across, scale),
      y: single ? [0] : cellAxis(side, window.down, scale),
    }
    let current = true
    const ask = async () => {
      await this.#quiet()
      if (!current) return
      this.#queue.ask('lattice', async (signal) => {
        const answer = await client.analysis.density(
          { run: subject.source.id, checkpoint: weights, z: points },
          { signal },
        )
        if (weights !== subject.weights || camera.window !== window) return
        const rows = single
          ? Array.from({ length: side }, () => answer.posterior).flat()
          : answer.posterior
        this.lattice = {
          ...window,
          cells: side,
          logDensity: rows,
          level: answer.rare,
          step: answer.step,
        }
      })
    }
    const timer = setTimeout(() => void ask(), pause)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }
}
