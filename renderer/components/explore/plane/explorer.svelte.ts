// What the plane shows of one model: the manifold under it, the encoded images on it, the picture
// decoded at the cursor and what is known of the place. Pictures are asked for through one queue,
// so that a drag never waits for anything but the decode before it; what takes longer has a queue
// of its own.
import { untrack } from 'svelte'
import { client } from '../../../client/connection.svelte.ts'
import { problemFrom, type Problem } from '../../../client/problem.ts'
import { nearestCell, onScale, offScale } from '../../../draw/planeScale.ts'
import type { Points } from '../../../draw/points.ts'
import { pointsAlong, pointsOf } from '../../../draw/scatter.ts'
import { tileAt, type Tiles } from '../../../draw/tiles.ts'
import { datasets } from '../../../state/datasets.svelte.ts'
import { tilesOf } from '../../latent/answers.ts'
import { RequestQueue } from '../../latent/requestQueue.ts'
import type { ExploreContext } from '../exploreContext.svelte.ts'
import { Codes, pointCount } from './codes.svelte.ts'
import { Extrapolation } from './extrapolation.svelte.ts'
import { ManifoldLayer } from './manifoldLayer.svelte.ts'
import { DensityProbe } from './densityProbe.svelte.ts'
import { Pin } from './pin.svelte.ts'
import { PlaneSpace } from './planeSpace.svelte.ts'
import { nearestCode, nearestPoint } from './span.ts'

const quietAfter = 250 // milliseconds after a move of the cursor
const farthest = 40 // steps that are tried to come to another image

export interface Decoded {
  tiles: Tiles
  step: number
  /** True when it is a tile of a stored frame: the weights of that step are gone. */
  stored: boolean
  /** Time stamp of the newest pointer event it answers, null when none asked for it. */
  event: number | null
}

export class Explorer {
  readonly subject: ExploreContext
  readonly space: PlaneSpace
  readonly manifoldLayer: ManifoldLayer
  readonly codes: Codes
  readonly densityProbe: DensityProbe
  readonly extrapolation: Extrapolation
  readonly pin = new Pin()
  decoded = $state.raw<Decoded | null>(null)
  #problem = $state.raw<Problem | null>(null)
  readonly #front: RequestQueue
  readonly #back: RequestQueue
  #moved = 0

  /** Make it while a component starts. */
  constructor(subject: ExploreContext) {
    this.subject = subject
    const failed = (thrown: unknown) => (this.#problem = problemFrom(thrown))
    this.#front = new RequestQueue(['decode', 'manifold'], failed)
    this.#back = new RequestQueue(
      ['density', 'nearest', 'statistics', 'lattice', 'codes'],
      (thrown) => {
        failed(thrown)
        this.codes.stop()
      },
    )
    // before whatever asks: effects run in this order, and an end after a new question would end
    // that one
    $effect(() => {
      void subject.weights
      return () => this.#back.end(['density', 'nearest', 'statistics', 'lattice'])
    })
    this.space = new PlaneSpace(subject, this.#back)
    this.manifoldLayer = new ManifoldLayer(this.space, this.#front)
    this.codes = new Codes(subject.source.id, this.#back, () => this.#quiet())
    this.densityProbe = new DensityProbe(subject, this.space.choices, this.#back)
    this.extrapolation = new Extrapolation(this.space, this.#back, () => this.#quiet())
    $effect(() => () => {
      this.#front.close()
      this.#back.close()
    })
    $effect(() => this.#askDecode())
    $effect(() => this.#askCodes())
  }

  get problem(): Problem | null {
    return this.#problem ?? this.manifoldLayer.problem ?? this.space.projection.problem
  }

  /** The encoded images on the plane, on its scale. */
  readonly points = $derived.by((): Points | null => {
    const { values, labels } = this.codes
    const { basis, directions, dimensions, scale, projection } = this.space
    const { latentSize } = this.subject
    if (basis === 'umap') {
      const positions = projection.plan?.positions
      if (!positions) return null
      return {
        positions,
        labels: Uint8Array.from({ length: positions.length / 2 }, (_, i) => labels[i] ?? 0),
      }
    }
    if (!values || !directions) return null
    if (basis === 'components')
      return pointsAlong({ codes: values, latentSize, labels }, directions, scale)
    return pointsOf({ codes: values, latentSize, labels, dimensions }, scale)
  })

  /**
   * Where the cursor is on the plane, in latent values; in the UMAP plane that of the image encoded
   * nearest to it.
   */
  readonly cursor = $derived.by((): readonly [number, number] | null => {
    if (this.space.basis !== 'umap') return this.space.directions ? this.space.cursor : null
    const positions = this.space.projection.plan?.positions
    const { values } = this.codes
    if (!positions || !values) return null
    const { z } = this.subject
    const known = Math.min(positions.length / 2, values.length / (2 * z.length))
    const index = nearestCode(values, known, z)
    return [positions[2 * index]!, positions[2 * index + 1]!]
  })

  /**
   * Moves the cursor to a place of the plane, in latent values; in the UMAP plane to the nearest
   * shown image.
   */
  moveTo(place: readonly [number, number], event: number | null, hovers = false): void {
    this.#moved = performance.now()
    if (this.space.basis !== 'umap') return this.space.move(place, event, hovers)
    const { points, codes, subject } = this
    if (!points || !codes.values) return
    const Z = subject.latentSize
    const known = Math.min(points.labels.length, codes.values.length / (2 * Z))
    const index = nearestPoint(
      points.positions,
      points.labels.subarray(0, known),
      place,
      this.space.choices.shown,
    )
    if (index < 0) return
    const mean = codes.values.subarray(index * 2 * Z, index * 2 * Z + Z)
    subject.move(Object.fromEntries([...mean].map((value, i) => [i, value])), event, hovers)
  }

  /** Moves the cursor with a pointer that passes. */
  follow(place: readonly [number, number], event: number): void {
    if (this.cursor && place.every((value, axis) => Math.abs(value - this.cursor![axis]!) < 1e-6))
      return
    this.pin.roam()
    this.moveTo(place, event, true)
  }

  /** One step of the keyboard along an axis; in the UMAP plane to the next image that way. */
  readonly step = (axis: 0 | 1, by: number): void => {
    const from = this.cursor
    if (!from) return
    this.pin.set(true)
    const to = (times: number): [number, number] =>
      axis === 0 ? [from[0] + times * by, from[1]] : [from[0], from[1] + times * by]
    for (let times = 1; times <= farthest; times++) {
      this.moveTo(to(times), null)
      if (this.space.basis !== 'umap' || this.cursor?.join() !== from.join()) return
    }
  }

  /** Latent values at shares of the shown square. */
  placeAt(across: number, down: number): [number, number] {
    const { camera, scale } = this.space
    const at = ([low, high]: readonly [number, number], share: number) =>
      offScale(scale, low + share * (high - low))
    return [at(camera.window.across, across), at(camera.window.down, down)]
  }

  /** Shares of the shown square at latent values. */
  shareAt([across, down]: readonly [number, number]): [number, number] {
    const { camera, scale } = this.space
    const share = ([low, high]: readonly [number, number], value: number) =>
      (onScale(scale, value) - low) / (high - low)
    return [share(camera.window.across, across), share(camera.window.down, down)]
  }

  async #quiet(): Promise<void> {
    for (let left = this.#left(); left > 0; left = this.#left())
      await new Promise((resolve) => setTimeout(resolve, left))
  }

  #left(): number {
    return this.#moved === 0 ? 0 : this.#moved + quietAfter - performance.now()
  }

  #askDecode(): void {
    const { subject } = this
    if (subject.model === 'none') return
    const { askable: weights, source, z } = subject
    void subject.quickRefresh
    const { event } = subject
    if (weights === null) return this.#decodeStored(event)
    this.#front.ask('decode', async (signal) => {
      const answer = await client.latent.decode(
        { run: source.id, checkpoint: weights, z: [z] },
        { signal },
      )
      const tiles = tilesOf(answer)
      if (weights !== subject.weights) return
      this.decoded = { tiles, step: answer.step, stored: false, event }
      this.#problem = null
    })
  }

  #decodeStored(event: number | null): void {
    const { frame, centres } = this.manifoldLayer
    if (!frame || !centres) return
    const [across = 0, down = 0] = this.subject.z
    const tiles = tileAt(frame.manifold, nearestCell({ size: 1, ...centres }, across, down).index)
    this.decoded = { tiles, step: frame.step, stored: true, event }
  }

  readonly #images = $derived.by(
    () => datasets.list.find((each) => each.name === this.subject.run?.config.dataset)?.images,
  )

  #askCodes(): void {
    const { codes } = this
    const { model, weights, latentSize } = this.subject
    const images = this.#images
    void this.subject.slowRefresh
    if (model === 'none' || model === 'preparing') return
    // without the list of data sets nobody knows how many there are: the usual number then
    if (!images && datasets.problem === null) return void datasets.load()
    const all = images && this.space.choices.extent === 'all' && model !== 'training'
    const splits = all
      ? images
      : { validation: Math.min(pointCount, images?.validation ?? pointCount), train: 0, test: 0 }
    // what is shown already decides how the next answers appear, not whether they are asked for
    untrack(() => {
      if (weights === null) codes.clear()
      else if (!codes.busy || model !== 'training') codes.ask(weights, latentSize, splits)
    })
  }
}
