// One of the compared runs: its manifold and codes, what it decodes at the common cursor, what it makes of the common
// images. Each has a desk of its own, so that the slowest run holds up no other.
import { untrack } from 'svelte'
import type { LatentStatistics } from '../../../../preload/contract/analysis.ts'
import type { CheckpointChoice } from '../../../../preload/contract/latent.ts'
import { client } from '../../../client/connection.svelte.ts'
import { problemFrom, type Problem } from '../../../client/problem.ts'
import { evenAxis, nearestCell, type PlaneView } from '../../../draw/plane.ts'
import { tileAt, type Tiles } from '../../../draw/tiles.ts'
import { loadFrame } from '../../../state/frames.ts'
import type { RunState } from '../../../state/run.svelte.ts'
import { tilesOf } from '../../latent/answers.ts'
import { RequestDesk } from '../../latent/requestDesk.ts'
import { planeWidths, spreadOf } from '../pick/spread.ts'
import { Codes } from '../plane/codes.svelte.ts'
import { Beat } from './beat.svelte.ts'
import { Explained } from './explained.svelte.ts'
import { fitDimensions, fitVector } from './fit.ts'
import type { Looking } from './looking.ts'

const grid = 20

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
  readonly #desk: RequestDesk
  readonly #beat: Beat

  /** Make it while a component starts; `close` ends its requests. */
  constructor(source: RunState, looking: Looking) {
    this.source = source
    this.looking = looking
    this.#desk = new RequestDesk(['decode', 'explain', 'manifold', 'statistics', 'codes'], (thrown) => {
      this.problem = problemFrom(thrown)
      this.codes.busy = false
    })
    this.codes = new Codes(source.id, this.#desk)
    this.explained = new Explained(source.id, this.#desk)
    this.#beat = new Beat(
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
    this.#desk.close()
  }

  readonly latentSize = $derived.by(() => this.source.run?.config.latentSize ?? 2)
  readonly dimensions = $derived.by(() => fitDimensions(this.looking.subject.dimensions, this.latentSize))
  /** The cursor as far as this model has its dimensions. */
  readonly z = $derived.by(() => fitVector(this.looking.subject.z, this.latentSize))
  readonly weights = $derived.by((): CheckpointChoice | null => this.looking.weightsOf(this.source.id))
  readonly status = $derived.by(() => this.source.run?.status ?? null)
  readonly training = $derived.by(() => this.weights === 'live' && (this.status === 'running' || this.status === 'paused'))
  /** Weights that can be asked now, else null. */
  readonly askable = $derived.by((): CheckpointChoice | null =>
    this.status === null || (this.status === 'preparing' && this.weights === 'live') ? null : this.weights,
  )
  /** How far its codes spread on the plane. */
  readonly spread = $derived.by(() => {
    const { codes, latentSize, dimensions } = this
    return codes.values ? spreadOf({ codes: codes.values, latentSize, dimensions }) : planeWidths.least
  })
  /** Whether the common images are of the data that it was trained on. */
  readonly sharesData = $derived.by(() => this.looking.sharesData(this.source.run))
  // of the cursor only what lies off the plane: a move along it leaves the manifold as it is
  readonly #others = $derived.by(() => this.z.map((value, i) => (this.dimensions.includes(i) ? 0 : value)).join(','))

  /** An answer of these weights: shown only while they are still the ones that are looked at. */
  #took(weights: CheckpointChoice, step: number): boolean {
    if (weights !== this.weights) return false
    this.step = step
    this.problem = null
    return true
  }

  #askDecode(): void {
    const { askable: weights, z, source, looking } = this
    void this.#beat.quick
    if (looking.inputs) return
    if (weights === null) return this.#decodeStored()
    const { event } = looking.subject
    this.#desk.ask('decode', async (signal) => {
      const answer = await client.latent.decode({ run: source.id, checkpoint: weights, z: [z] }, { signal })
      const tiles = tilesOf(answer)
      if (this.#took(weights, answer.step)) this.decoded = { tiles, event }
    })
  }

  #askManifold(): void {
    const { askable: weights, source, dimensions, latentSize, looking } = this
    const others = this.#others
    const { limit } = looking
    void this.#beat.quick
    if (looking.inputs) return
    if (weights === null) return this.#showFrame()
    this.#desk.ask('manifold', async (signal) => {
      const at = others.split(',').map(Number)
      const spans: [number, number] = latentSize === 1 ? [0, 0] : dimensions
      const answer = await client.latent.manifold(
        { run: source.id, checkpoint: weights, grid, spacing: { kind: 'range', limit }, dimensions: spans, at },
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
    const step = this.looking.subject.source === this.source ? this.looking.subject.playhead.frame?.step : undefined
    this.#desk.drop('manifold')
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
    void this.#beat.slow
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
    void this.#beat.slow
    if (weights === null) {
      this.statistics = null
      return
    }
    this.#desk.ask('statistics', async (signal) => {
      const answer = await client.analysis.statistics({ run: source.id, checkpoint: weights }, { signal })
      if (this.#took(weights, answer.step)) this.statistics = answer
    })
  }

  #askExplained(): void {
    const { askable: weights, looking } = this
    void this.#beat.slow
    const { inputs } = looking
    const asks = inputs !== null && weights !== null && this.sharesData
    untrack(() => {
      if (asks) this.explained.ask(weights, inputs.indices, (step) => this.#took(weights, step))
      else this.explained.clear()
    })
  }
}
