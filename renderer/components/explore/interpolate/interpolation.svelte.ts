// What the Interpolate tool shows: its stops as latent vectors and pictures, the path between them
// decoded, and how likely each of its points is. One queue asks, so that a dragged stop never waits
// for densities or codes.
import type { Densities } from '../../../../preload/contract/analysis.ts'
import { interpolatePath, type PathMode } from '../../../../preload/contract/path.ts'
import { client } from '../../../client/connection.svelte.ts'
import { problemFrom, type Problem } from '../../../client/problem.ts'
import { tileAt, type Tiles } from '../../../draw/tiles.ts'
import { router } from '../../../router.svelte.ts'
import { AddressValue } from '../../../state/addressValue.svelte.ts'
import { datasets } from '../../../state/datasets.svelte.ts'
import { undo } from '../../../state/undo.svelte.ts'
import { fixedImages } from '../../latent/fixedImages.ts'
import { RequestQueue } from '../../latent/requestQueue.ts'
import { anchorOf, type Anchor } from '../pick/anchor.ts'
import { CodesPlot } from '../pick/codesPlot.svelte.ts'
import type { ExploreContext } from '../exploreContext.svelte.ts'
import { decodePath } from './decodePath.ts'
import { blendPixels } from './pathPictures.ts'
import { parseStops, stepLimits, stopText, stopsText, type Stop } from './stops.ts'

/** A stop as the model sees it; a stop that is no image or class of the data has none. */
export interface PlacedStop extends Anchor {
  /** Its place among the stops. */
  stop: number
}

export interface Strip {
  path: readonly (readonly number[])[]
  tiles: Tiles
  steps: number
  legs: number
  step: number
}

export class Interpolation {
  readonly subject: ExploreContext
  readonly codesPlot: CodesPlot
  anchors = $state.raw<readonly PlacedStop[]>([])
  strip = $state.raw<Strip | null>(null)
  problem = $state.raw<Problem | null>(null)
  #density = $state.raw<{ strip: Strip; answer: Densities } | null>(null)
  readonly #queue: RequestQueue
  readonly #along = new AddressValue('along')
  // the first image of two classes, until somebody chooses
  #usual = $state.raw<readonly Stop[]>([])
  // a stop that is dragged, before the address knows
  #dragged = $state.raw<readonly Stop[] | null>(null)
  // the weights that the anchors are of: a dragged stop does not ask for the others again
  #knownOf = ''

  /** Make it while a component starts. */
  constructor(subject: ExploreContext) {
    this.subject = subject
    this.#queue = new RequestQueue(
      ['stops', 'path', 'density', 'statistics', 'codes'],
      (thrown) => {
        this.problem = problemFrom(thrown)
        this.codesPlot.codes.busy = false
      },
    )
    // before whatever asks: effects run in this order, and an end after a new question would end
    // that one
    $effect(() => {
      void subject.weights
      return () => this.#queue.end(['density', 'statistics'])
    })
    this.codesPlot = new CodesPlot(subject, this.#queue, () =>
      this.stops.some((stop) => stop.kind === 'class'),
    )
    $effect(() => () => this.#queue.close())
    $effect(() => this.#findUsual())
    $effect(() => this.#askStops())
    $effect(() => this.#askPath())
    $effect(() => this.#askDensity())
  }

  readonly stops = $derived.by(
    (): readonly Stop[] => this.#dragged ?? parseStops(router.params['points']) ?? this.#usual,
  )
  readonly steps = $derived.by(() => {
    const { least, most, usual } = stepLimits
    return Math.max(least, Math.min(most, Math.round(router.number('perleg', usual))))
  })
  readonly mode = $derived.by((): PathMode => (router.params['way'] === 'slerp' ? 'slerp' : 'lerp'))
  readonly image = $derived.by(
    () => datasets.list.find((each) => each.name === this.subject.run?.config.dataset) ?? null,
  )

  /** Densities of the path that is shown; an answer about another path waits for its successor. */
  readonly density = $derived.by(() =>
    this.#density?.strip === this.strip ? (this.#density?.answer ?? null) : null,
  )

  /** Which picture of the strip is looked at. */
  readonly at = $derived.by(() => {
    const last = (this.strip?.path.length ?? 1) - 1
    const text = this.#along.text
    const wanted = text === null ? Math.floor(last / 2) : Number(text)
    return Number.isFinite(wanted) ? Math.max(0, Math.min(last, Math.round(wanted))) : 0
  })

  /**
   * The same blend of the stops' own pictures: of an image itself, of other stops what they decode
   * to.
   */
  readonly blend = $derived.by((): Tiles | null => {
    const { strip, anchors } = this
    if (!strip || strip.legs !== anchors.length - 1) return null
    const ends = anchors.map(
      (anchor, i) => anchor.image ?? tileAt(strip.tiles, i * (strip.steps - 1)),
    )
    return blendPixels(ends, strip.steps)
  })

  /**
   * What the stop at a place among the stops is to the model; null while it is asked for, and for
   * what does not exist.
   */
  anchorAt(stop: number): PlacedStop | null {
    return this.anchors.find((each) => each.stop === stop) ?? null
  }

  look(index: number): void {
    this.#along.set(String(index))
  }

  /** Puts other stops into the address; a step back takes them out again. */
  setStops(stops: readonly Stop[]): void {
    this.#dragged = null
    router.set({ points: stopsText(stops), along: null })
  }

  removeStop(index: number): void {
    const before = this.stops
    this.setStops(before.filter((_, i) => i !== index))
    undo.offer('Removed a stop', () => this.setStops(before))
  }

  /**
   * A stop that is dragged over the plane: shown at once, in the address when it is let go (z
   * null).
   */
  dragStop(index: number, z: readonly number[] | null): void {
    if (z !== null)
      this.#dragged = this.stops.map((stop, i) => (i === index ? { kind: 'point', z } : stop))
    else if (this.#dragged) this.setStops(this.#dragged)
  }

  #findUsual(): void {
    const dataset = this.subject.run?.config.dataset
    void datasets.load()
    if (dataset === undefined || router.params['points'] !== undefined) return
    fixedImages(dataset).then(
      (indices) =>
        (this.#usual = indices
          .slice(0, 2)
          .map((index) => ({ kind: 'image', split: 'validation', index }))),
      (thrown: unknown) => (this.problem = problemFrom(thrown)),
    )
  }

  #askStops(): void {
    const { subject, stops, image } = this
    const weights = subject.askable
    const statistics = stops.some((stop) => stop.kind === 'class')
      ? this.codesPlot.statistics
      : null
    // class means of other weights come again when the statistics of these are here
    const model = `${weights} ${subject.quickRefresh} ${subject.model} ${statistics?.step}`
    if (weights === null || image === null || subject.model === 'none') return
    this.#queue.ask('stops', async (signal) => {
      const about = {
        run: subject.source.id,
        checkpoint: weights,
        latentSize: subject.latentSize,
        data: image,
        statistics,
      }
      const anchors: PlacedStop[] = []
      for (const [place, stop] of stops.entries()) {
        const known =
          model === this.#knownOf
            ? this.anchors.find((each) => each.text === stopText(stop))
            : undefined
        const anchor = known ?? (await anchorOf(stop, about, signal))
        if (anchor) anchors.push({ ...anchor, stop: place })
      }
      if (weights !== subject.weights) return
      this.#knownOf = model
      this.anchors = anchors
      if (anchors.length < 2) this.strip = null
    })
  }

  #askPath(): void {
    const { subject, anchors, steps, mode, image } = this
    const weights = subject.askable
    if (weights === null || image === null || anchors.length < 2) return
    const path = interpolatePath(
      anchors.map(({ z }) => z),
      steps,
      mode,
    )
    this.#queue.ask('path', async (signal) => {
      const pixels = image.width * image.height * image.channels
      const answer = await decodePath(
        { run: subject.source.id, checkpoint: weights },
        path,
        pixels,
        signal,
      )
      if (weights !== subject.weights) return
      this.strip = { path, steps, legs: anchors.length - 1, ...answer }
      this.problem = null
    })
  }

  #askDensity(): void {
    const { subject, strip } = this
    const weights = subject.askable
    if (weights === null || strip === null) return
    this.#queue.ask('density', async (signal) => {
      const z = strip.path.map((point) => [...point])
      const answer = await client.analysis.density(
        { run: subject.source.id, checkpoint: weights, z },
        { signal },
      )
      if (weights === subject.weights) this.#density = { strip, answer }
    })
  }
}
