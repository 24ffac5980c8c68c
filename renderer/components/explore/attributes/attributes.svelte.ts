// What the Attributes tool shows: three terms as latent vectors, the image at c + strength (a - b),
// the strip of all strengths, and the images nearest to a chosen point. One queue asks; the image
// that the slider moves goes first.
import type { LatentStatistics, Neighbours } from '../../../../preload/contract/analysis.ts'
import type { Split } from '../../../../preload/contract/records.ts'
import { client } from '../../../client/connection.svelte.ts'
import { problemFrom, type Problem } from '../../../client/problem.ts'
import { tileAt, type Tiles } from '../../../draw/tiles.ts'
import { router } from '../../../router.svelte.ts'
import { AddressValue } from '../../../state/addressValue.svelte.ts'
import { datasets } from '../../../state/datasets.svelte.ts'
import { tilesOf } from '../../latent/answers.ts'
import { fixedImages } from '../../latent/fixedImages.ts'
import { RequestQueue } from '../../latent/requestQueue.ts'
import { decodePath } from '../interpolate/decodePath.ts'
import { stopText, type Stop } from '../interpolate/stops.ts'
import type { ExploreContext } from '../exploreContext.svelte.ts'
import { anchorOf, codeOf, type Anchor } from '../pick/anchor.ts'
import {
  attributePoint,
  parseTerm,
  slots,
  strengthOf,
  stripStrengths,
  usualTerms,
  type Slot,
} from './arithmetic.ts'

/** Whose neighbours are shown. */
export type Around = 'result' | 'cursor' | Slot
const splits: readonly Split[] = ['train', 'validation', 'test']
const mostCodes = 10_000 // images among which neighbours are looked for; all of most splits

/** Terms with what they decode to: the image itself where it is one. */
type Terms = Record<Slot, Anchor & { picture: Tiles }>

export class Attributes {
  readonly subject: ExploreContext
  statistics = $state.raw<LatentStatistics | null>(null)
  terms = $state.raw<Terms | null>(null)
  /** Terms that could not be found: a class without images, an index past the end. */
  missing = $state.raw<readonly Slot[]>([])
  decoded = $state.raw<{ tiles: Tiles; step: number } | null>(null)
  strip = $state.raw<{ tiles: Tiles; z: readonly (readonly number[])[]; step: number } | null>(null)
  neighbours = $state.raw<{ answer: Neighbours; tiles: Tiles } | null>(null)
  problem = $state.raw<Problem | null>(null)
  #usual = $state.raw<Partial<Record<Slot, Stop>>>({})
  readonly #queue: RequestQueue
  readonly #strength = new AddressValue('strength')
  // the weights that the terms are of: a changed term does not ask for the others again
  #knownOf = ''

  /** Make it while a component starts. */
  constructor(subject: ExploreContext) {
    this.subject = subject
    const order = ['decode', 'statistics', 'terms', 'strip', 'nearest']
    this.#queue = new RequestQueue(order, (thrown) => (this.problem = problemFrom(thrown)))
    void datasets.load()
    $effect(() => () => this.#queue.close())
    $effect(() => {
      void subject.weights
      return () => this.#queue.end(['statistics', 'nearest'])
    })
    $effect(() => this.#findUsual())
    $effect(() => this.#askStatistics())
    $effect(() => this.#askTerms())
    $effect(() => this.#askDecode())
    $effect(() => this.#askStrip())
    $effect(() => this.#askNearest())
  }

  readonly data = $derived.by(
    () => datasets.list.find((each) => each.name === this.subject.run?.config.dataset) ?? null,
  )
  readonly asked = $derived.by((): Partial<Record<Slot, Stop>> =>
    Object.fromEntries(
      slots.flatMap((slot) => {
        const stop = parseTerm(router.params[slot]) ?? this.#usual[slot]
        return stop ? [[slot, stop]] : []
      }),
    ),
  )
  readonly strength = $derived.by(() => strengthOf(this.#strength.text))
  readonly around = $derived.by(
    (): Around =>
      (['cursor', ...slots] as const).find((each) => each === router.params['around']) ?? 'result',
  )
  readonly split = $derived.by(
    (): Split => splits.find((each) => each === router.params['split']) ?? 'train',
  )
  readonly count = $derived.by(() =>
    Math.max(1, Math.min(24, Math.round(router.number('nearest', 10)))),
  )

  /** c + strength (a - b); null until all three are known. */
  readonly result = $derived.by(() => {
    const { terms, strength } = this
    return terms ? attributePoint(terms.a.z, terms.b.z, terms.c.z, strength) : null
  })

  /** The point whose neighbours are shown. */
  readonly centre = $derived.by((): readonly number[] | null => {
    if (this.around === 'cursor') return this.subject.z
    return this.around === 'result' ? this.result : (this.terms?.[this.around].z ?? null)
  })

  setStrength(value: number): void {
    const text = String(Number(strengthOf(String(value)).toFixed(3)))
    this.#strength.set(text === '1' ? null : text)
  }

  setTerm(slot: Slot, stop: Stop): void {
    router.set({ [slot]: stopText(stop) })
  }

  /** The cursor goes to the code of an image, and what is near it is shown. */
  async goTo(split: Split, index: number): Promise<void> {
    const { subject } = this
    if (subject.askable === null) return
    const { source, latentSize } = subject
    subject.moveTo(
      await codeOf({ run: source.id, checkpoint: subject.askable, latentSize }, { split, index }),
    )
    router.set({ around: 'cursor' }, { replace: true })
  }

  #findUsual(): void {
    const { data } = this
    if (data === null) return
    fixedImages(data.name).then(
      (images) => (this.#usual = usualTerms(data.classes.length, images)),
      (thrown: unknown) => (this.problem = problemFrom(thrown)),
    )
  }

  #askStatistics(): void {
    const { subject } = this
    const { askable: weights, source } = subject
    void subject.slowRefresh
    if (weights === null || !slots.some((slot) => this.asked[slot]?.kind === 'class')) return
    this.#queue.ask('statistics', async (signal) => {
      const answer = await client.analysis.statistics(
        { run: source.id, checkpoint: weights },
        { signal },
      )
      if (weights === subject.weights) this.statistics = answer
    })
  }

  #askTerms(): void {
    const { subject, asked, data, statistics } = this
    const { askable: checkpoint, source, latentSize } = subject
    const model = `${checkpoint} ${subject.quickRefresh} ${subject.model} ${statistics?.step}`
    if (checkpoint === null || data === null) return
    this.#queue.ask('terms', async (signal) => {
      const about = { run: source.id, checkpoint, latentSize, data, statistics }
      const found: Partial<Record<Slot, Anchor>> = {}
      for (const slot of slots) {
        const stop = asked[slot]
        const known =
          model === this.#knownOf && stop && this.terms?.[slot].text === stopText(stop)
            ? this.terms[slot]
            : null
        const anchor = known ?? (stop ? await anchorOf(stop, about, signal) : null)
        if (anchor) found[slot] = anchor
      }
      if (checkpoint !== subject.weights) return
      const waits = statistics === null && slots.some((slot) => asked[slot]?.kind === 'class')
      this.missing = waits ? [] : slots.filter((slot) => asked[slot] && !found[slot])
      const { a, b, c } = found
      if (!a || !b || !c) return
      const z = [a, b, c].map((each) => [...each.z])
      const tiles = tilesOf(
        await client.latent.decode({ run: source.id, checkpoint, z }, { signal }),
      )
      const pictured = (anchor: Anchor, at: number) => ({
        ...anchor,
        picture: anchor.image ?? tileAt(tiles, at),
      })
      this.#knownOf = model
      this.terms = { a: pictured(a, 0), b: pictured(b, 1), c: pictured(c, 2) }
      this.problem = null
    })
  }

  #askDecode(): void {
    const { subject, result } = this
    const { askable: checkpoint, source } = subject
    if (checkpoint === null || result === null) return
    this.#queue.ask('decode', async (signal) => {
      const answer = await client.latent.decode(
        { run: source.id, checkpoint, z: [result] },
        { signal },
      )
      const tiles = tilesOf(answer)
      if (checkpoint === subject.weights) this.decoded = { tiles, step: answer.step }
    })
  }

  #askStrip(): void {
    const { subject, terms, data } = this
    const { askable: checkpoint, source } = subject
    if (checkpoint === null || terms === null || data === null) return
    const z = stripStrengths().map((strength) =>
      attributePoint(terms.a.z, terms.b.z, terms.c.z, strength),
    )
    this.#queue.ask('strip', async (signal) => {
      const pixels = data.width * data.height * data.channels
      const { tiles, step } = await decodePath({ run: source.id, checkpoint }, z, pixels, signal)
      if (checkpoint === subject.weights) this.strip = { tiles, z, step }
    })
  }

  #askNearest(): void {
    const { subject, centre, split, count } = this
    const { askable: checkpoint, source } = subject
    void subject.slowRefresh
    if (checkpoint === null || centre === null) return
    // a model in training is held up by every image that it encodes
    const images = subject.model === 'training' ? mostCodes / 2 : mostCodes
    this.#queue.ask('nearest', async (signal) => {
      const answer = await client.analysis.nearest(
        { run: source.id, checkpoint, z: [[...centre]], count, codes: { split, images } },
        { signal },
      )
      const tiles = tilesOf(answer)
      if (checkpoint === subject.weights) this.neighbours = { answer, tiles }
    })
  }
}
