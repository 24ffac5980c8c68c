// What the Dimensions tool shows: statistics of every latent dimension, strips of decoded images
// for the rows in sight, and the image at the cursor. One queue asks; the image at the cursor goes
// first.
import type { LatentStatistics } from '../../../../preload/contract/analysis.ts'
import type { Split } from '../../../../preload/contract/records.ts'
import { client } from '../../../client/connection.svelte.ts'
import { problemFrom, type Problem } from '../../../client/problem.ts'
import type { Tiles } from '../../../draw/tiles.ts'
import { router } from '../../../router.svelte.ts'
import { AddressValue } from '../../../state/addressValue.svelte.ts'
import { datasets } from '../../../state/datasets.svelte.ts'
import { tilesOf } from '../../latent/answers.ts'
import { RequestQueue } from '../../latent/requestQueue.ts'
import { codeOf } from '../pick/anchor.ts'
import { decodePath } from '../interpolate/decodePath.ts'
import type { ExploreContext } from '../exploreContext.svelte.ts'
import {
  orderByKl,
  placesOf,
  rangeOf,
  rowsOfRequest,
  strip,
  type Order,
  type Range,
  type Reach,
} from './traversal.ts'

/** Where the dimensions stay that a strip does not vary. */
export type Others = 'cursor' | 'zero' | 'mean' | 'image'

export interface Strip {
  /** Equal when the same images would come again. */
  key: string
  z: readonly (readonly number[])[]
  tiles: Tiles
  step: number
}

export class Dimensions {
  readonly subject: ExploreContext
  statistics = $state.raw<LatentStatistics | null>(null)
  decoded = $state.raw<{ tiles: Tiles; step: number; z: readonly number[] } | null>(null)
  /** By dimension; those that were never in sight have none. */
  strips = $state.raw<Readonly<Record<number, Strip>>>({})
  problem = $state.raw<Problem | null>(null)
  /** Rows in sight, by dimension, and how many images each has; the list says. */
  sight = $state.raw<{ dimensions: readonly number[]; images: number }>({
    dimensions: [],
    images: 11,
  })
  #order = $state.raw<readonly number[]>([])
  #image = $state.raw<readonly number[] | null>(null)
  // whether statistics came or will not come: strips asked before would be drawn twice
  #judged = $state(false)
  readonly #queue: RequestQueue
  readonly #row = new AddressValue('row')
  #round = 0

  /** Make it while a component starts. */
  constructor(subject: ExploreContext) {
    this.subject = subject
    this.#queue = new RequestQueue(
      ['decode', 'image', 'strips', 'statistics'],
      (thrown) => (this.problem = problemFrom(thrown)),
    )
    void datasets.load()
    $effect(() => () => this.#queue.close())
    $effect(() => this.#askDecode())
    $effect(() => this.#askImage())
    $effect(() => this.#askStrips())
    $effect(() => this.#askStatistics())
  }

  readonly order = $derived.by((): Order => (router.params['order'] === 'index' ? 'index' : 'kl'))
  readonly reach = $derived.by((): Reach =>
    router.params['reach'] === 'prior' ? 'prior' : 'posterior',
  )
  readonly others = $derived.by(
    (): Others =>
      (['zero', 'mean', 'image'] as const).find((each) => each === router.params['others']) ??
      'cursor',
  )
  readonly data = $derived.by(
    () => datasets.list.find((each) => each.name === this.subject.run?.config.dataset) ?? null,
  )

  /** The image whose code the others keep. */
  readonly image = $derived.by((): { split: Split; index: number } => {
    const [split = '', index = ''] = (router.params['image'] ?? '').split(':', 2)
    const known = (['train', 'validation', 'test'] as const).find((each) => each === split)
    return known && /^\d{1,9}$/.test(index)
      ? { split: known, index: Number(index) }
      : { split: 'test', index: 0 }
  })

  /**
   * Dimensions in use and those that are not, each in the order asked for. Until it is known, all
   * count as in use.
   */
  readonly groups = $derived.by(() => {
    const all = Array.from({ length: this.subject.latentSize }, (_, index) => index)
    const { statistics } = this
    const ordered = this.order === 'kl' && this.#order.length === all.length ? this.#order : all
    if (!statistics || statistics.active.length !== all.length)
      return { active: ordered, inactive: [] }
    return {
      active: ordered.filter((index) => statistics.active[index]),
      inactive: ordered.filter((index) => !statistics.active[index]),
    }
  })

  /**
   * Whether the rows of inactive dimensions are there; with nothing in use there is nothing else to
   * show.
   */
  readonly unfolded = $derived.by(
    () => router.params['inactive'] === '1' || this.groups.active.length === 0,
  )
  readonly rows = $derived.by(() =>
    this.unfolded ? [...this.groups.active, ...this.groups.inactive] : this.groups.active,
  )

  /** The dimension that keys move. */
  readonly chosen = $derived.by(() => {
    const index = Number(this.#row.text ?? NaN) - 1
    return this.rows.includes(index) ? index : (this.rows[0] ?? 0)
  })

  rangeOf(index: number): Range {
    return rangeOf(index, this.statistics, this.reach)
  }

  choose(index: number): void {
    this.#row.set(String(index + 1))
  }

  /** Where the dimensions stand that a strip does not vary; null until that is known. */
  readonly base = $derived.by((): readonly number[] | null => {
    const { subject } = this
    if (this.others === 'cursor') return subject.z
    if (this.others === 'zero') return subject.z.map(() => 0)
    if (this.others === 'mean') return this.statistics?.mean ?? null
    return this.#image
  })

  /** Puts one dimension to a value and the others to where its strip has them. */
  put(index: number, value: number, event: number | null = null): void {
    const base = this.base ?? this.subject.z
    this.choose(index)
    this.subject.move(Object.fromEntries(base.map((at, i) => [i, i === index ? value : at])), event)
  }

  /** The others keep the code of an image from now on, and the cursor goes there. */
  async keepImage(split: Split, index: number): Promise<void> {
    const { subject } = this
    router.set({ image: `${split}:${index}` })
    if (subject.askable === null) return
    const model = {
      run: subject.source.id,
      checkpoint: subject.askable,
      latentSize: subject.latentSize,
    }
    subject.moveTo(await codeOf(model, { split, index }))
  }

  #askDecode(): void {
    const { subject } = this
    const { askable: weights, z, source } = subject
    void subject.quickRefresh
    if (subject.weights === null) this.decoded = null
    if (weights === null) return
    this.#queue.ask('decode', async (signal) => {
      const answer = await client.latent.decode(
        { run: source.id, checkpoint: weights, z: [z] },
        { signal },
      )
      const tiles = tilesOf(answer)
      if (weights !== subject.weights) return
      this.decoded = { tiles, step: answer.step, z }
      this.problem = null
    })
  }

  #askImage(): void {
    const { subject, image } = this
    const { askable: weights, source, latentSize } = subject
    void subject.quickRefresh
    if (weights === null || this.others !== 'image') return
    this.#queue.ask('image', async (signal) => {
      const mean = await codeOf({ run: source.id, checkpoint: weights, latentSize }, image, signal)
      if (weights === subject.weights) this.#image = mean
    })
  }

  #askStrips(): void {
    const { subject, base, data } = this
    const { dimensions, images } = this.sight
    const { askable: weights, source } = subject
    const model = `${weights} ${subject.quickRefresh} ${subject.model}`
    if (weights === null || base === null || data === null || !this.#judged) return
    const wanted = dimensions.map((index) => {
      const z = strip(base, index, placesOf(this.rangeOf(index), images))
      return { index, z, key: `${model} ${z[0]!.join()} ${z.at(-1)![index]} ${images}` }
    })
    const round = ++this.#round
    const pixels = data.width * data.height * data.channels
    // a few rows at a time: the image at the cursor never waits for more than that
    const next = () =>
      this.#queue.ask('strips', async (signal) => {
        const missing = wanted.filter(({ index, key }) => this.strips[index]?.key !== key)
        const piece = missing.slice(0, rowsOfRequest(images, base.length))
        if (piece.length === 0) return
        const path = piece.flatMap(({ z }) => z)
        const { tiles, step } = await decodePath(
          { run: source.id, checkpoint: weights },
          path,
          pixels,
          signal,
        )
        if (weights !== subject.weights) return
        const strips: Record<number, Strip> = { ...this.strips }
        piece.forEach(({ index, z, key }, row) => {
          const part = tiles.pixels.subarray(row * images * pixels, (row + 1) * images * pixels)
          strips[index] = { key, z, step, tiles: { ...tiles, count: images, pixels: part } }
        })
        this.strips = strips
        if (round === this.#round && piece.length < missing.length) next()
      })
    next()
  }

  #askStatistics(): void {
    const { subject } = this
    const { askable: weights, source } = subject
    void subject.slowRefresh
    if (weights === null) return
    this.#queue.ask('statistics', async (signal) => {
      try {
        const answer = await client.analysis.statistics(
          { run: source.id, checkpoint: weights },
          { signal },
        )
        if (weights !== subject.weights) return
        this.#order = orderByKl(answer.klPerDimension, subject.training ? this.#order : [])
        this.statistics = answer
      } finally {
        this.#judged = true
      }
    })
  }
}
