// The plane as a place in latent space: what spans it (two dimensions, two principal components, or
// nothing: UMAP), where the cursor is on it, and which part of it is shown.
import type { LatentStatistics } from '../../../../preload/contract/analysis.ts'
import { client } from '../../../client/connection.svelte.ts'
import type { Scale } from '../../../draw/planeScale.ts'
import type { RequestQueue } from '../../latent/requestQueue.ts'
import { router } from '../../../router.svelte.ts'
import { axisNames, basisOf, type Basis } from '../basis.ts'
import type { ExploreContext } from '../exploreContext.svelte.ts'
import { Camera, squareAround, type Square } from './camera.svelte.ts'
import { Choices } from './choices.svelte.ts'
import { Projection } from './projection.svelte.ts'
import { alongDimensions, offPlane, placeOf, type Directions } from './span.ts'

const usualLimit = 3
// the cursor's numbers are rounded to thousandths: what is nearer to what was off the plane before
// is the same
const same = 0.004

export class PlaneSpace {
  readonly subject: ExploreContext
  readonly choices = new Choices()
  readonly camera: Camera
  readonly projection: Projection
  statistics = $state.raw<LatentStatistics | null>(null)
  #keptOff: readonly number[] = []

  /** Make it while a component starts. */
  constructor(subject: ExploreContext, queue: RequestQueue) {
    this.subject = subject
    this.camera = new Camera(
      () => this.scale,
      () => this.#home,
    )
    this.projection = new Projection(subject, () => this.basis === 'umap')
    $effect(() => this.#askStatistics(queue))
  }

  /** Of a run without any weights only a stored frame can be shown: the first two dimensions. */
  readonly #stored = $derived.by(() => this.subject.askable === null)
  readonly basis = $derived.by((): Basis =>
    this.#stored ? 'dimensions' : basisOf(router.params, this.subject.latentSize),
  )
  readonly scale = $derived.by((): Scale =>
    this.#stored || this.basis === 'umap' ? 'even' : this.choices.scale,
  )
  readonly single = $derived.by(() => this.subject.latentSize === 1)

  /** Null while there is none: in the UMAP plane, and until the components are known. */
  readonly directions = $derived.by((): Directions | null => {
    const { latentSize, dimensions } = this.subject
    if (this.basis === 'umap') return null
    if (this.basis === 'dimensions')
      return alongDimensions(this.#stored ? [0, 1] : dimensions, latentSize)
    const [a, b] = this.statistics?.principal.components ?? []
    return a && b && a.length === latentSize ? [a, b] : null
  })

  readonly dimensions = $derived.by((): readonly [number, number] =>
    this.#stored ? [0, 1] : this.subject.dimensions,
  )

  /**
   * The part of the cursor's vector that is off the plane; the same array as long as nothing of it
   * changes.
   */
  readonly off = $derived.by((): readonly number[] => {
    const { z } = this.subject
    const next = this.directions ? offPlane(z, this.directions) : z
    const unchanged =
      next.length === this.#keptOff.length &&
      next.every((value, i) => Math.abs(value - this.#keptOff[i]!) < same)
    if (!unchanged) this.#keptOff = next
    return this.#keptOff
  })

  /** Where the cursor is: across and down. */
  readonly cursor = $derived.by((): readonly [number, number] =>
    this.directions ? placeOf(this.subject.z, this.directions) : [0, 0],
  )

  readonly names = $derived.by((): readonly [string, string] =>
    axisNames(this.basis, this.dimensions),
  )

  /** Moves the cursor along the plane. event: time stamp of the pointer event that asked for it. */
  move([across, down]: readonly [number, number], event: number | null, hovers = false): void {
    const { subject, directions, off } = this
    if (!directions) return
    const next = off.map(
      (value, i) => value + across * directions[0][i]! + down * directions[1][i]!,
    )
    // along dimensions only theirs change: the others keep what the fields say
    const changes = next
      .map((value, i) => [i, value] as const)
      .filter(([i]) => directions.some((direction) => direction[i] !== 0))
    subject.move(Object.fromEntries(changes), event, hovers)
  }

  // the manifold of the command line: outer centres at +-3, or the quantiles at (i + 1/2) / grid
  readonly #home = $derived.by((): Square => {
    if (this.basis === 'umap') {
      const positions = this.projection.plan?.positions
      return (
        (positions && squareAround({ positions, labels: new Uint8Array(0) })) ?? {
          across: 0,
          down: 0,
          span: 20,
        }
      )
    }
    if (this.scale === 'quantile') return { across: 0.5, down: 0.5, span: 1 }
    const grid = this.#stored ? 20 : this.choices.grid
    return { across: 0, down: 0, span: (2 * usualLimit * grid) / (grid - 1) }
  })

  #askStatistics(queue: RequestQueue): void {
    const { subject } = this
    const weights = subject.askable
    void subject.slowRefresh
    if (weights === null || this.basis !== 'components') return
    queue.ask('statistics', async (signal) => {
      const answer = await client.analysis.statistics(
        { run: subject.source.id, checkpoint: weights },
        { signal },
      )
      if (weights === subject.weights) this.statistics = answer
    })
  }
}
