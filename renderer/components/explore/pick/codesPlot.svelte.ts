// The plane of codes as tools show it small: the encoded images as points, in two latent dimensions
// or in the first two principal components, and where a latent vector lies among them.
import { untrack } from 'svelte'
import type { LatentStatistics } from '../../../../preload/contract/analysis.ts'
import { client } from '../../../client/connection.svelte.ts'
import { evenAxis, type PlaneView, type Scatter } from '../../../draw/planeScale.ts'
import { router } from '../../../router.svelte.ts'
import { axisNames, basisOf, type Basis } from '../basis.ts'
import { Codes } from '../plane/codes.svelte.ts'
import type { RequestQueue } from '../../latent/requestQueue.ts'
import type { ExploreContext } from '../exploreContext.svelte.ts'
import { planeWidths, spreadOf } from './spread.ts'

export class CodesPlot {
  readonly subject: ExploreContext
  readonly codes: Codes
  statistics = $state.raw<LatentStatistics | null>(null)
  readonly #queue: RequestQueue
  readonly #needed: () => boolean

  /**
   * Make it while a component starts. needed: whether the tool wants statistics for more than the
   * plane.
   */
  constructor(subject: ExploreContext, queue: RequestQueue, needed: () => boolean) {
    this.subject = subject
    this.#queue = queue
    this.#needed = needed
    this.codes = new Codes(subject.source.id, queue)
    $effect(() => this.#askCodes())
    $effect(() => this.#askStatistics())
  }

  /**
   * What spans the plane: of more than two dimensions the principal components, unless dimensions
   * were chosen.
   */
  readonly basis = $derived.by((): Exclude<Basis, 'umap'> => {
    const chosen = basisOf(router.params, this.subject.latentSize)
    return chosen !== 'dimensions' && this.statistics ? 'components' : 'dimensions'
  })

  /**
   * Two rows of Z numbers and the point they start from: a place on the plane is (z - origin) on
   * each row.
   */
  readonly #frame = $derived.by(() => {
    const { latentSize, dimensions } = this.subject
    if (this.basis === 'components' && this.statistics) {
      const [a, b] = this.statistics.principal.components
      return { origin: this.statistics.mean, rows: [a ?? [], b ?? []] }
    }
    const unit = (index: number) =>
      Array.from({ length: latentSize }, (_, i) => Number(i === index))
    return {
      origin: new Array<number>(latentSize).fill(0),
      rows: [unit(dimensions[0]), unit(dimensions[1])],
    }
  })

  /** Where a latent vector lies: across and down. */
  readonly placeOf = (z: readonly number[]): [across: number, down: number] => {
    const { origin, rows } = this.#frame
    const along = (row: readonly number[]) =>
      row.reduce((sum, weight, i) => sum + weight * ((z[i] ?? 0) - (origin[i] ?? 0)), 0)
    return [along(rows[0] ?? []), this.subject.latentSize === 1 ? 0 : along(rows[1] ?? [])]
  }

  /** A latent vector moved along the plane, so that it lies at a place. */
  movedTo(z: readonly number[], [across, down]: readonly [number, number]): number[] {
    const { rows } = this.#frame
    const now = this.placeOf(z)
    const by = [across - now[0], this.subject.latentSize === 1 ? 0 : down - now[1]]
    return z.map((value, i) => value + by[0]! * (rows[0]?.[i] ?? 0) + by[1]! * (rows[1]?.[i] ?? 0))
  }

  /** Names of what spans the plane, across and down. */
  readonly axes = $derived.by((): [string, string] =>
    axisNames(this.basis, this.subject.dimensions),
  )

  readonly scatter = $derived.by((): Scatter | null => {
    const { values, labels } = this.codes
    const { latentSize, dimensions } = this.subject
    if (!values) return null
    if (this.basis === 'dimensions') return { codes: values, latentSize, labels, dimensions }
    const count = values.length / (2 * latentSize)
    const placed = new Float32Array(count * 4)
    for (let i = 0; i < count; i++) {
      const start = i * 2 * latentSize
      placed.set(this.placeOf(Array.from(values.subarray(start, start + latentSize))), i * 4)
    }
    return { codes: placed, latentSize: 2, labels, dimensions: [0, 1] }
  })

  /** Half the width of a plane that shows nearly all codes and all of `places`. */
  limitFor(places: readonly (readonly number[])[]): number {
    const of = this.#spread
    return Math.max(
      planeWidths.least,
      Math.min(planeWidths.most, of),
      ...places.map(([a = 0, b = 0]) => 1.08 * Math.max(Math.abs(a), Math.abs(b))),
    )
  }

  viewFor(
    size: number,
    limit: number,
    [across, down]: readonly [number, number] = [0, 0],
  ): PlaneView {
    const axis = evenAxis(20, limit)
    return {
      size,
      columns: axis.map((value) => value + across),
      rows: axis.map((value) => value + down),
    }
  }

  readonly #spread = $derived.by(() => (this.scatter ? spreadOf(this.scatter) : planeWidths.least))

  #askCodes(): void {
    const { codes } = this
    const { model, weights, latentSize } = this.subject
    if (model === 'none' || model === 'preparing') return
    void this.subject.slowRefresh
    // what is shown already decides how the next answers appear, not whether they are asked for
    untrack(() => {
      if (weights === null) codes.clear()
      else if (!codes.busy || model !== 'training') codes.ask(weights, latentSize)
    })
  }

  #askStatistics(): void {
    const { subject } = this
    const weights = subject.askable
    void subject.slowRefresh
    if (weights === null || (subject.latentSize <= 2 && !this.#needed())) return
    this.#queue.ask('statistics', async (signal) => {
      const answer = await client.analysis.statistics(
        { run: subject.source.id, checkpoint: weights },
        { signal },
      )
      if (weights === subject.weights) this.statistics = answer
    })
  }
}
