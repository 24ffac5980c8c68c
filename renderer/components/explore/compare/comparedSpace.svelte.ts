// One of the compared runs: its manifold and codes, what it decodes at the common cursor, what it
// makes of the common images. Each has a queue of its own, so that the slowest run holds up no
// other.
import { untrack } from 'svelte'
import type { LatentStatistics } from '../../../../preload/contract/analysis.ts'
import type { CheckpointChoice } from '../../../../preload/contract/latent.ts'
import { client } from '../../../client/connection.svelte.ts'
import { problemFrom, type Problem } from '../../../client/problem.ts'
import { evenAxis, nearestCell, type PlaneView, type Scatter } from '../../../draw/planeScale.ts'
import { pointsAlong } from '../../../draw/scatter.ts'
import { tileAt, type Tiles } from '../../../draw/tiles.ts'
import { loadFrame } from '../../../state/frames.ts'
import { router } from '../../../router.svelte.ts'
import type { RunState } from '../../../state/run.svelte.ts'
import { tilesOf } from '../../latent/answers.ts'
import { RequestQueue } from '../../latent/requestQueue.ts'
import { basisOf, type Basis } from '../basis.ts'
import { alongDimensions, movedTo, offPlane, placeOf, type Directions } from '../plane/span.ts'
import { planeWidths, spreadOf } from '../pick/spread.ts'
import { Codes } from '../plane/codes.svelte.ts'
import { Refresh } from './refresh.svelte.ts'
import { Explained } from './explained.svelte.ts'
import { fitDimensions, fitVector } from './fit.ts'
import type { Looking } from './looking.ts'

const grid = 20
const same = 0.004

export class Space {
  readonly source: RunState
  readonly looking: Looking
  readonly codes: Codes
  readonly explained: Explained
  manifold = $state.raw<Tiles | null>(null)
  columns = $state.raw<readonly number[]>(evenAxis(grid, 3))
  rows = $state.raw<readonly number[]>(evenAxis(grid, 3))
  decoded = $state.raw<{ tiles: Tiles; event: number | null } | null>(null)
  statistics = $state.raw<LatentStatistics | null>(null)
  /** Step of the weights that answered last. */
  step = $state<number | null>(null)
  problem = $state.raw<Problem | null>(null)
  readonly #queue: RequestQueue
  readonly #refresh: Refresh
  #keptOff: readonly number[] = []

  /** Make it while a component starts; `close` ends its requests. */
  constructor(source: RunState, looking: Looking) {
    this.source = source
    this.looking = looking
    this.#queue = new RequestQueue(
      ['decode', 'explain', 'manifold', 'statistics', 'codes'],
      (thrown) => {
        this.problem = problemFrom(thrown)
        this.codes.busy = false
      },
    )
    this.codes = new Codes(source.id, this.#queue)
    this.explained = new Explained(source.id, this.#queue)
    this.#refresh = new Refresh(
      () => this.training,
      () => source.run?.step ?? 0,
    )
    $effect(() => this.#askDecode())
    $effect(() => this.#askManifold())
    $effect(() => this.#askCodes())
    $effect(() => this.#askStatistics())
    $effect(() => this.#askExplained())
  }

  close(): void {
    this.#queue.close()
  }

  readonly latentSize = $derived.by(() => this.source.run?.config.latentSize ?? 2)
  readonly dimensions = $derived.by(() =>
    fitDimensions(this.looking.subject.dimensions, this.latentSize),
  )
  /** The cursor as far as this model has its dimensions. */
  readonly z = $derived.by(() => fitVector(this.looking.subject.z, this.latentSize))
  readonly weights = $derived.by((): CheckpointChoice | null =>
    this.looking.weightsOf(this.source.id),
  )
  readonly status = $derived.by(() => this.source.run?.status ?? null)
  readonly training = $derived.by(
    () => this.weights === 'live' && (this.status === 'running' || this.status === 'paused'),
  )
  /** Weights that can be asked now, else null. */
  readonly askable = $derived.by((): CheckpointChoice | null =>
    this.status === null || (this.status === 'preparing' && this.weights === 'live')
      ? null
      : this.weights,
  )
  /** How far its codes spread on the plane. */
  readonly spread = $derived.by(() => (this.scatter ? spreadOf(this.scatter) : planeWidths.least))
  /** What spans its plane: each model has principal components of its own. */
  readonly basis = $derived.by((): Exclude<Basis, 'umap'> =>
    this.askable === null || basisOf(router.params, this.latentSize) === 'dimensions'
      ? 'dimensions'
      : 'components',
  )
  /** Null until the components are known. */
  readonly directions = $derived.by((): Directions | null => {
    if (this.basis === 'dimensions') return alongDimensions(this.dimensions, this.latentSize)
    const [a, b] = this.statistics?.principal.components ?? []
    return a && b && a.length === this.latentSize ? [a, b] : null
  })
  /** Where the common cursor lies on its plane. */
  readonly cursor = $derived.by((): [number, number] =>
    this.directions ? placeOf(this.z, this.directions) : [0, 0],
  )
  /** Its codes on its plane. */
  readonly scatter = $derived.by((): Scatter | null => {
    const { codes, latentSize, dimensions, directions, basis } = this
    if (!codes.values || !directions) return null
    const { values, labels } = codes
    if (basis === 'dimensions') return { codes: values, latentSize, labels, dimensions }
    const { positions } = pointsAlong({ codes: values, latentSize, labels }, directions, 'even')
    const placed = new Float32Array(2 * positions.length) // N x 2Z of two dimensions
    for (let i = 0; i < positions.length; i += 2) placed.set(positions.subarray(i, i + 2), 2 * i)
    return { codes: placed, latentSize: 2, labels, dimensions: [0, 1] }
  })
  /** Whether the common images are of the data that it was trained on. */
  readonly sharesData = $derived.by(() => this.looking.sharesData(this.source.run))
  // of the cursor only what lies off the plane: a move along it leaves the manifold as it is
  readonly #others = $derived.by(() => {
    const next = this.directions ? offPlane(this.z, this.directions) : [...this.z]
    // the cursor's numbers are rounded: what differs by less is the same
    const unchanged =
      next.length === this.#keptOff.length &&
      next.every((value, i) => Math.abs(value - this.#keptOff[i]!) < same)
    if (!unchanged) this.#keptOff = next
    return this.#keptOff.join(',')
  })

  /** Moves the common cursor to a place of this plane; dimensions that this model lacks stay. */
  move(place: readonly [number, number], event: number | null): void {
    const { directions, z, looking } = this
    if (!directions) return
    const { subject } = looking
    const changes = movedTo(z, directions, place)
      .map((value, i) => [i, value] as const)
      .filter(([i]) => i < subject.latentSize && directions.some((direction) => direction[i] !== 0))
    subject.move(Object.fromEntries(changes), event)
  }

  /** An answer of these weights: shown only while they are still the ones that are looked at. */
  #took(weights: CheckpointChoice, step: number): boolean {
    if (weights !== this.weights) return false
    this.step = step
    this.problem = null
    return true
  }

  #askDecode(): void {
    const { askable: weights, z, source, looking } = this
    void this.#refresh.quick
    if (looking.inputs) return
    if (weights === null) return this.#decodeStored()
    const { event } = looking.subject
    this.#queue.ask('decode', async (signal) => {
      const answer = await client.latent.decode(
        { run: source.id, checkpoint: weights, z: [z] },
        { signal },
      )
      const tiles = tilesOf(answer)
      if (this.#took(weights, answer.step)) this.decoded = { tiles, event }
    })
  }

  #askManifold(): void {
    const { askable: weights, source, dimensions, directions, basis, latentSize, looking } = this
    const others = this.#others
    const { limit } = looking
    void this.#refresh.quick
    if (looking.inputs) return
    if (weights === null) return this.#showFrame()
    if (directions === null) return
    this.#queue.ask('manifold', async (signal) => {
      const at = others.split(',').map(Number)
      const spans =
        basis === 'components'
          ? { directions: [[...directions[0]], [...directions[1]]] as [number[], number[]] }
          : { dimensions: latentSize === 1 ? ([0, 0] as [number, number]) : dimensions }
      const answer = await client.latent.manifold(
        {
          run: source.id,
          checkpoint: weights,
          grid,
          spacing: { kind: 'range', limit },
          ...spans,
          at,
        },
        { signal },
      )
      const tiles = tilesOf(answer)
      if (!this.#took(weights, answer.step)) return
      this.manifold = tiles
      this.rows = answer.rows
      this.columns = answer.columns
    })
  }

  // The first run may have no weights left: its stored frame then, in the first two dimensions.
  #showFrame(): void {
    const step =
      this.looking.subject.source === this.source
        ? this.looking.subject.playhead.frame?.step
        : undefined
    this.#queue.drop('manifold')
    if (step === undefined) return
    loadFrame(this.source.id, step).then(
      (frame) => {
        if (this.askable !== null || this.looking.subject.playhead.frame?.step !== step) return
        this.manifold = frame.manifold
        this.rows = this.columns = evenAxis(frame.grid, 3)
        this.step = step
        this.problem = null
      },
      (thrown: unknown) => (this.problem = problemFrom(thrown)),
    )
  }

  #decodeStored(): void {
    const { manifold, z } = this
    if (!manifold || this.status === 'preparing') return
    const view: PlaneView = { size: 1, columns: this.columns, rows: this.rows }
    const tiles = tileAt(manifold, nearestCell(view, z[0] ?? 0, z[1] ?? 0).index)
    this.decoded = { tiles, event: this.looking.subject.event }
  }

  #askCodes(): void {
    const { askable: weights, latentSize, looking } = this
    void this.#refresh.slow
    if (looking.inputs || !looking.points) return
    const waits = this.training && this.codes.busy
    // what is shown already decides how the next answers appear, not whether they are asked for
    untrack(() => {
      if (weights === null) this.codes.clear()
      else if (!waits) this.codes.ask(weights, latentSize)
    })
  }

  #askStatistics(): void {
    const { askable: weights, source } = this
    void this.#refresh.slow
    if (weights === null) {
      this.statistics = null
      return
    }
    this.#queue.ask('statistics', async (signal) => {
      const answer = await client.analysis.statistics(
        { run: source.id, checkpoint: weights },
        { signal },
      )
      if (this.#took(weights, answer.step)) this.statistics = answer
    })
  }

  #askExplained(): void {
    const { askable: weights, looking } = this
    void this.#refresh.slow
    const { inputs } = looking
    const asks = inputs !== null && weights !== null && this.sharesData
    untrack(() => {
      if (asks) this.explained.ask(weights, inputs.indices, (step) => this.#took(weights, step))
      else this.explained.clear()
    })
  }
}
