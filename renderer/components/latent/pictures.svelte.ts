// What a run's model draws at the place of the playhead: manifold, reconstructions and samples.
// Pinned: the stored frame, or what the checkpoint of that step draws. Live: asked from the
// trainer, again and again, never more than one request in flight.
import { untrack } from 'svelte'
import type { CheckpointChoice } from '../../../preload/contract/latent.ts'
import { client } from '../../client/connection.svelte.ts'
import type { FrameTiles, Tiles } from '../../draw/tiles.ts'
import { loadFrame } from '../../state/frames.ts'
import { loadImages } from '../../state/images.ts'
import type { Playhead } from '../charts/playhead.svelte.ts'
import { half, tilesOf } from './answers.ts'
import { fixedImages, fixedTiles } from './fixedImages.ts'

const sampleCount = 10
const dataCount = 400 // as many as the manifold's tiles
// a live picture is asked for after this many milliseconds at least, and takes at most a tenth of
// the trainer's time
const shortestPause = 350
const pauseFactor = 9

export class Pictures {
  readonly #playhead: Playhead
  manifold = $state.raw<Tiles | null>(null)
  originals = $state.raw<Tiles | null>(null)
  reconstructions = $state.raw<Tiles | null>(null)
  samples = $state.raw<Tiles | null>(null)
  /**
   * The first images of the training data, once a run without pictures has been seen to prepare.
   */
  data = $state.raw<Tiles | null>(null)
  grid = $state(20)
  /** Step of the weights that drew manifold and reconstructions, and samples. */
  step = $state<number | null>(null)
  samplesStep = $state<number | null>(null)

  /** Make it while a component starts. */
  constructor(playhead: Playhead) {
    this.#playhead = playhead
    $effect(() => this.#showData())
    $effect(() => this.#followFrames())
    $effect(() => this.#followTrainer())
    $effect(() => this.#askBetweenFrames())
    $effect(() => this.#askSamples())
  }

  get #id(): string {
    return this.#playhead.source.id
  }

  // While a run prepares its first picture, the images that it will reconstruct and the ones that
  // it learns from.
  #showData(): void {
    const { run, frames, loaded } = this.#playhead.source
    if (!loaded || run?.status !== 'preparing' || frames.length > 0 || this.data) return
    const { dataset } = run.config
    void loadImages(dataset, 'train', 0, dataCount).then(
      ({ tiles }) => (this.data = tiles),
      () => undefined,
    )
    void fixedTiles(dataset).then(
      (tiles) => (this.originals ??= tiles),
      () => undefined,
    )
  }

  // The stored frame of the playhead; for a live run only until the trainer's own pictures are
  // there.
  #followFrames(): (() => void) | undefined {
    const frame = this.#playhead.frame
    if (!frame || this.#betweenFrames !== null) return undefined
    const live = this.#playhead.live
    let current = true
    loadFrame(this.#id, frame.step).then(
      (tiles) => {
        if (
          current &&
          !(live && this.step !== null && this.step > tiles.step && (this.#training || this.#newer))
        )
          this.#takeFrame(tiles)
      },
      () => undefined, // a frame that cannot be read leaves the picture as it was
    )
    return () => (current = false)
  }

  readonly #training = $derived.by(() => {
    const status = this.#playhead.source.run?.status
    return this.#playhead.live && (status === 'running' || status === 'paused')
  })

  // A run that has ended may have newer weights than its newest frame: they draw once.
  readonly #newer = $derived.by(() => {
    const { live, source } = this.#playhead
    return live && (source.weightSteps.at(-1) ?? -1) > (source.frames.at(-1)?.step ?? -1)
  })

  // The pinned step when it has a checkpoint and no frame.
  readonly #betweenFrames = $derived.by(() => {
    const { pinned, frame, source } = this.#playhead
    return pinned !== null && frame?.step !== pinned && source.weightSteps.includes(pinned)
      ? pinned
      : null
  })

  #askBetweenFrames(): (() => void) | undefined {
    const step = this.#betweenFrames
    if (step === null) return undefined
    const stop = new AbortController()
    void this.#askOnce(step, stop.signal).catch(() => undefined) // the picture before it stays, with its own step
    return () => stop.abort()
  }

  #followTrainer(): (() => void) | undefined {
    if (!this.#training && !this.#newer) return undefined
    const stop = new AbortController()
    void this.#keepAsking(stop.signal)
    return () => stop.abort()
  }

  async #keepAsking(signal: AbortSignal): Promise<void> {
    let asked = -1
    while (!signal.aborted) {
      const step = this.#playhead.source.run?.step ?? 0
      let pause = shortestPause
      if (step !== asked && !document.hidden) {
        const begun = performance.now()
        asked = step
        // a run that ends or pauses between two questions answers the next one from its checkpoint
        await this.#askOnce('live', signal).catch(() => undefined)
        pause = Math.max(shortestPause, pauseFactor * (performance.now() - begun))
        if (!untrack(() => this.#training)) return
      }
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }

  async #askOnce(checkpoint: CheckpointChoice, signal: AbortSignal): Promise<void> {
    const about = { run: this.#id, checkpoint }
    const dataset = this.#playhead.source.run?.config.dataset ?? ''
    const manifold = await client.latent.manifold({ ...about, grid: 20 }, { signal })
    const tiles = tilesOf(manifold)
    const indices = await fixedImages(dataset)
    const pairs = tilesOf(
      await client.latent.reconstruct({ ...about, split: 'validation', indices }, { signal }),
    )
    const samples = await client.latent.sample({ ...about, count: sampleCount }, { signal })
    const sampled = tilesOf(samples)
    if (signal.aborted) return
    this.manifold = tiles
    this.grid = manifold.grid
    this.originals = half(pairs, false)
    this.reconstructions = half(pairs, true)
    this.step = manifold.step
    this.samples = sampled
    this.samplesStep = samples.step
  }

  // Samples need weights: those of the newest checkpoint, or the nearest to the pinned step.
  readonly #sampled = $derived.by((): 'last' | number | null => {
    const { source, pinned } = this.#playhead
    if (source.weightSteps.length === 0) return null
    return pinned === null ? 'last' : source.weightsNear(pinned)
  })
  readonly #known = $derived.by(() => this.#playhead.source.run !== null)

  #askSamples(): (() => void) | undefined {
    const checkpoint = this.#sampled
    if (this.#training || !this.#known) return undefined
    if (checkpoint === null) {
      this.samples = null
      return undefined
    }
    const stop = new AbortController()
    void (async () => {
      const answer = await client.latent.sample(
        { run: this.#id, checkpoint, count: sampleCount },
        { signal: stop.signal },
      )
      const tiles = tilesOf(answer)
      if (stop.signal.aborted) return
      this.samples = tiles
      this.samplesStep = answer.step
    })().catch(() => undefined) // the place for samples then says that there are none
    return () => stop.abort()
  }

  #takeFrame(frame: FrameTiles): void {
    this.manifold = frame.manifold
    this.originals = frame.originals
    this.reconstructions = frame.reconstructions
    this.grid = frame.grid
    this.step = frame.step
  }
}
