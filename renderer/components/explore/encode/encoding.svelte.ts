// What the Encode tool shows: one image (of the data, drawn, or from outside), explained by the
// model.
import type { Explanation } from '../../../../preload/contract/analysis.ts'
import type { Split } from '../../../../preload/contract/records.ts'
import { client } from '../../../client/connection.svelte.ts'
import { problemFrom, type Problem } from '../../../client/problem.ts'
import { borderMean } from '../../../draw/grey.ts'
import type { Tiles } from '../../../draw/tiles.ts'
import { router } from '../../../router.svelte.ts'
import { datasets } from '../../../state/datasets.svelte.ts'
import { loadImages } from '../../../state/images.ts'
import { tilesOf } from '../../latent/answers.ts'
import { RequestQueue } from '../../latent/requestQueue.ts'
import { CodesPlot } from '../pick/codesPlot.svelte.ts'
import type { ExploreContext } from '../exploreContext.svelte.ts'
import { draftOf } from './draftOf.ts'
import type { Draft } from './drafts.svelte.ts'
import { openPicture } from './openPicture.ts'

export const sampleCount = 9
export const nearestCount = 8

export type Source =
  { kind: 'data'; split: Split; index: number } | { kind: 'drawing' } | { kind: 'file' }

export interface Explained extends Explanation {
  tiles: Tiles
}

export interface Near {
  tiles: Tiles
  points: { index: number; distance: number; label: number | null }[]
}

export class Encoding {
  readonly subject: ExploreContext
  readonly codesPlot: CodesPlot
  readonly draft: Draft
  explained = $state.raw<Explained | null>(null)
  near = $state.raw<Near | null>(null)
  problem = $state.raw<Problem | null>(null)
  /** What was wrong with the last picture from outside. */
  refused = $state.raw<Problem | null>(null)
  readonly #queue: RequestQueue

  /** Make it while a component starts. */
  constructor(subject: ExploreContext) {
    this.subject = subject
    this.draft = draftOf(subject.source.id)
    this.#queue = new RequestQueue(['explain', 'nearest', 'statistics', 'codes'], (thrown) => {
      this.problem = problemFrom(thrown)
      this.codesPlot.codes.busy = false
    })
    // before whatever asks: effects run in this order, and an end after a new question would end
    // that one
    $effect(() => {
      void subject.weights
      return () => this.#queue.end(['nearest', 'statistics'])
    })
    this.codesPlot = new CodesPlot(subject, this.#queue, () => false)
    $effect(() => () => this.#queue.close())
    $effect(() => void datasets.load())
    $effect(() => this.#askExplanation())
    $effect(() => this.#askNearest())
  }

  /** `image=test:12`, `image=drawing`, `image=file`. */
  readonly source = $derived.by((): Source => {
    const [kind = '', index = ''] = (router.params['image'] ?? 'test:0').split(':', 2)
    if (kind === 'drawing' || kind === 'file') return { kind }
    const split = (['train', 'validation', 'test'] as const).find((each) => each === kind) ?? 'test'
    return { kind: 'data', split, index: /^\d{1,9}$/.test(index) ? Number(index) : 0 }
  })
  readonly image = $derived.by(
    () => datasets.list.find((each) => each.name === this.subject.run?.config.dataset) ?? null,
  )
  readonly nearWanted = $derived.by(() => router.params['near'] === '1')

  /**
   * What the model is given of a drawing or a file; null for an image of the data and while there
   * is nothing.
   */
  readonly given = $derived.by((): Uint8Array<ArrayBuffer> | null => {
    if (!this.image || this.source.kind === 'data') return null
    return this.source.kind === 'drawing'
      ? this.draft.drawn(this.image)
      : this.draft.opened(this.image)
  })

  /** True while there is nothing to encode: an empty pad, no file. */
  readonly empty = $derived.by(() => this.source.kind !== 'data' && this.given === null)

  choose(source: Source, options: { replace?: boolean } = {}): void {
    const text = source.kind === 'data' ? `${source.split}:${source.index}` : source.kind
    router.set({ image: text }, options)
  }

  showNear(show: boolean): void {
    router.set({ near: show ? 1 : null }, { replace: true })
  }

  /** A dropped, opened or pasted picture; a refusal leaves everything as it was. */
  async open(file: Blob, name: string): Promise<void> {
    const { image } = this
    if (!image) return
    try {
      const picture = await openPicture(file, name)
      this.draft.take(picture, await this.#ground(image.name, image.width, image.height), image)
      this.refused = null
      this.choose({ kind: 'file' })
    } catch (thrown) {
      this.refused = problemFrom(thrown)
    }
  }

  // what the data's pictures have at their border
  async #ground(dataset: string, width: number, height: number): Promise<number> {
    const { tiles } = await loadImages(dataset, 'validation', 0, 100)
    const values = Float32Array.from({ length: width * height }, (_, i) => {
      let sum = 0
      for (let tile = 0; tile < tiles.count; tile++)
        sum += tiles.pixels[(tile * width * height + i) * tiles.channels]!
      return sum / Math.max(1, tiles.count)
    })
    return borderMean({ width, height, values })
  }

  #askExplanation(): void {
    const { subject, source, given, empty } = this
    const weights = subject.askable
    void subject.quickRefresh
    if (weights === null || this.image === null) return
    if (empty) {
      this.#queue.drop('explain')
      this.explained = null
      return
    }
    this.#queue.ask('explain', async (signal) => {
      const image =
        source.kind === 'data'
          ? ({ kind: 'split', split: source.split, index: source.index } as const)
          : ({ kind: 'pixels', pixels: given! } as const)
      const answer = await client.analysis.explain(
        { run: subject.source.id, checkpoint: weights, image, samples: sampleCount },
        { signal },
      )
      const tiles = tilesOf(answer)
      if (weights !== subject.weights || this.empty) return
      this.explained = { ...answer, tiles }
      this.problem = null
    })
  }

  #askNearest(): void {
    const { subject, explained, nearWanted } = this
    const weights = subject.askable
    if (!nearWanted) this.near = null
    if (weights === null || !nearWanted || !explained) return
    this.#queue.ask('nearest', async (signal) => {
      const answer = await client.analysis.nearest(
        { run: subject.source.id, checkpoint: weights, z: [explained.mean], count: nearestCount },
        { signal },
      )
      const tiles = tilesOf(answer)
      if (weights === subject.weights) this.near = { tiles, points: answer.points[0] ?? [] }
    })
  }
}
