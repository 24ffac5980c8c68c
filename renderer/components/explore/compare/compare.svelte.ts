// The compared spaces: the run of the view and those beside it, one cursor or one row of images for
// all of them.
import { untrack } from 'svelte'
import type { CheckpointChoice } from '../../../../preload/contract/latent.ts'
import type { Run } from '../../../../preload/contract/records.ts'
import { problemFrom, type Problem } from '../../../client/problem.ts'
import { router } from '../../../router.svelte.ts'
import type { RunState } from '../../../state/run.svelte.ts'
import type { ExploreContext } from '../exploreContext.svelte.ts'
import { planeWidths } from '../pick/spread.ts'
import { incomparable, sameData } from './comparable.ts'
import { differencesAmong } from './differences.ts'
import { loadInputs, type Inputs } from './inputs.ts'
import type { Looking } from './looking.ts'
import { OtherRuns } from './otherRuns.svelte.ts'
import type { Space } from './comparedSpace.svelte.ts'

export type Layers = 'both' | 'manifold' | 'points'

export class Compare implements Looking {
  readonly subject: ExploreContext
  readonly others: OtherRuns
  inputs = $state.raw<Inputs | null>(null)
  problem = $state.raw<Problem | null>(null)
  #open = $state.raw<readonly Space[]>([])

  /** Make it while a component starts. */
  constructor(subject: ExploreContext) {
    this.subject = subject
    this.others = new OtherRuns(subject.source.id)
    $effect(() => this.#askInputs())
  }

  /** The run of the view first. */
  readonly sources = $derived.by((): readonly RunState[] => [
    this.subject.source,
    ...this.others.sources,
  ])
  /** One for each source, as soon as its SpaceKeeper has made it. */
  readonly spaces = $derived.by(() =>
    this.sources.flatMap((source) => this.#open.find((space) => space.source === source) ?? []),
  )

  readonly same = $derived.by((): 'z' | 'inputs' =>
    router.params['same'] === 'inputs' ? 'inputs' : 'z',
  )
  readonly layers = $derived.by(
    (): Layers =>
      (['manifold', 'points'] as const).find((each) => each === router.params['layers']) ?? 'both',
  )
  readonly points = $derived.by(() => this.layers !== 'manifold')
  readonly limit = $derived.by(() => {
    const { least, most } = planeWidths
    return Math.min(most, Math.max(least, ...this.spaces.map(({ spread }) => spread)))
  })
  /** Index of the first of ten test images; null for one of each class. */
  readonly firstInput = $derived.by((): number | null => {
    const index = Number(router.params['inputs'] ?? NaN)
    return Number.isInteger(index) && index >= 0 ? index : null
  })
  /** Why the losses are not of one kind; null where they are. */
  readonly incomparable = $derived.by(() =>
    incomparable(this.spaces.flatMap(({ source }) => (source.run ? [source.run] : []))),
  )

  /**
   * What tells each run from the others, by id. The configurations alone decide, which stay as they
   * are.
   */
  readonly differences = $derived.by(() =>
    differencesAmong(this.sources.flatMap(({ run }) => (run ? [run] : []))),
  )

  weightsOf(run: string): CheckpointChoice | null {
    if (run === this.subject.source.id) return this.subject.weights
    const wanted = this.wantedOf(run)
    const source = this.others.sources.find(({ id }) => id === run)
    // until the run is loaded nobody knows which steps it has
    return typeof wanted === 'number' && source?.run ? source.weightsNear(wanted) : wanted
  }

  /**
   * The weights that the address asks for of another run; the nearest stored ones stand in for a
   * step without any.
   */
  wantedOf(run: string): CheckpointChoice {
    return this.others.chosen.find(({ id }) => id === run)?.weights ?? 'live'
  }

  sharesData(run: Run | null): boolean {
    const first = this.subject.run
    return first !== null && run !== null && sameData(first, run)
  }

  // The dataset's name alone decides: the run's record changes several times a second while it
  // trains.
  readonly #dataset = $derived.by(() => this.subject.run?.config.dataset ?? null)

  #askInputs(): (() => void) | undefined {
    if (this.same === 'z' || this.#dataset === null) {
      this.inputs = null
      return undefined
    }
    const first = this.firstInput
    let current = true
    loadInputs(this.#dataset, first).then(
      (inputs) => {
        if (!current) return
        this.inputs = inputs
        this.problem = null
      },
      (thrown: unknown) => {
        if (current) this.problem = problemFrom(thrown)
      },
    )
    return () => (current = false)
  }

  /** Takes in a space for as long as its keeper lives; returns how to let it go. */
  keep(space: Space): () => void {
    this.#open = [...untrack(() => this.#open), space]
    return () => {
      this.#open = untrack(() => this.#open).filter((other) => other !== space)
      space.close()
    }
  }
}
