// The film of a run, and of a second one beside it: which frames stand on the screen for a place of
// the timeline.
import { router } from '../../../router.svelte.ts'
import type { RunState } from '../../../state/run.svelte.ts'
import { OtherRuns } from '../compare/otherRuns.svelte.ts'
import type { ExploreContext } from '../exploreContext.svelte.ts'
import { alignedStep, alignments, nearestFrame, type Alignment } from './alignment.ts'
import { Reel } from './reel.svelte.ts'

const kept = 2000 // measurements of scrubs

export class Film {
  readonly subject: ExploreContext
  readonly others: OtherRuns
  readonly first: Reel
  readonly second: Reel

  /** Make it while a component starts. */
  constructor(subject: ExploreContext) {
    this.subject = subject
    const { playhead, source } = subject
    this.others = new OtherRuns(source.id, 1)
    this.first = new Reel(
      () => source,
      () => playhead.frame,
    )
    this.second = new Reel(
      () => this.beside,
      () => this.#besideFrame,
    )
    $effect(() => {
      playhead.drawn = () => !this.first.waiting && !this.second.waiting
      return () => (playhead.drawn = () => true)
    })
  }

  get beside(): RunState | null {
    return this.others.sources[0] ?? null
  }

  readonly alignment = $derived.by(
    (): Alignment => alignments.find((each) => each === router.params['align']) ?? 'step',
  )

  /** Differences to the frame before instead of the frames themselves. */
  readonly change = $derived.by(() => router.params['show'] === 'change')

  /** The step at which the second run is wanted; its nearest frame is shown. */
  readonly besideStep = $derived.by((): number | null => {
    const beside = this.beside?.run
    const { run, playhead } = this.subject
    const step = playhead.frame?.step
    if (!beside || !run || step === undefined) return null
    return alignedStep(this.alignment, step, run.totalSteps, beside.totalSteps)
  })

  readonly #besideFrame = $derived.by(() => {
    const frames = this.beside?.frames ?? []
    return this.besideStep === null ? frames.at(-1) : nearestFrame(frames, this.besideStep)
  })

  // of each reel the newest event that was measured: a frame that comes later by itself is no
  // answer to it
  readonly #measured: [number, number] = [0, 0]

  /**
   * From the pointer's event to a reel's picture on its canvas:
   * performance.getEntriesByName('film-scrub').
   */
  measure(reel: 0 | 1): void {
    const { event } = this.subject.playhead
    if (event === null || event <= this.#measured[reel]) return
    this.#measured[reel] = event
    if (performance.getEntriesByName('film-scrub').length > kept)
      performance.clearMeasures('film-scrub')
    performance.measure('film-scrub', { start: event, end: performance.now() })
  }
}
