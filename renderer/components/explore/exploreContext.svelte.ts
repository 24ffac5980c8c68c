// What every tool of Explore is about: one run, the weights that are looked at, the latent vector
// under the cursor. All of it follows the address and the timeline, so that changing the tool
// changes nothing else.
import type { CheckpointChoice } from '../../../preload/contract/latent.ts'
import { client } from '../../client/connection.svelte.ts'
import { router } from '../../router.svelte.ts'
import { AddressValue } from '../../state/addressValue.svelte.ts'
import type { RunState } from '../../state/run.svelte.ts'
import type { Playhead } from '../charts/playhead.svelte.ts'

/**
 * While training: milliseconds between two requests for quick pictures, and for what takes longer
 * (5,000 codes).
 */
export const quickPause = 450
export const slowPause = 2500
/** Milliseconds after a move of the pointer for which a drag is still going on. */
const dragMemory = 400

export class ExploreContext {
  readonly source: RunState
  readonly playhead: Playhead
  /** Goes up when steps have passed and somebody looks: what shows live weights asks anew. */
  quickRefresh = $state(0)
  slowRefresh = $state(0)
  /** Names of the data set's classes; empty until known, and for data without labels. */
  classes = $state.raw<readonly string[]>([])
  readonly #z = new AddressValue('z')
  /** Time stamp of the newest pointer event that moved the cursor. */
  event: number | null = null

  /** Make it while a component starts. */
  constructor(playhead: Playhead) {
    this.playhead = playhead
    this.source = playhead.source
    $effect(() => this.#askClasses())
    $effect(() => this.#beatWhileTraining())
  }

  readonly run = $derived.by(() => this.source.run)
  readonly latentSize = $derived.by(() => this.source.run?.config.latentSize ?? 2)

  // the text of its own: another change of the address leaves the dimensions the same array
  readonly #dimensionText = $derived.by(() => router.params['dims'] ?? '')
  /** The two dimensions that span a plane. */
  readonly dimensions = $derived.by((): [number, number] => {
    const [a = 0, b = 1] = this.#dimensionText
      .split('.')
      .map((part) => (part === '' ? NaN : Number(part) - 1))
    const fits =
      [a, b].every((each) => Number.isInteger(each) && each >= 0 && each < this.latentSize) &&
      a !== b
    return fits ? [a, b] : [0, 1]
  })

  /**
   * Which weights are asked: at a step without stored ones the nearest; null where the run has none
   * at all.
   */
  readonly weights = $derived.by((): CheckpointChoice | null => {
    const { pinned } = this.playhead
    return pinned === null ? 'live' : this.source.weightsNear(pinned)
  })

  /**
   * The steps wanted and shown, where another step's weights stand in: of a pinned step without
   * weights, and of the end of a run that diverged or crashed after its last checkpoint.
   */
  readonly standIn = $derived.by((): { wanted: number; shown: number } | null => {
    const { weights } = this
    const { run, weightSteps } = this.source
    const wanted = this.playhead.pinned ?? (this.model === 'at rest' ? (run?.step ?? null) : null)
    const shown = typeof weights === 'number' ? weights : (weightSteps.at(-1) ?? null)
    return wanted !== null && weights !== null && shown !== null && shown !== wanted
      ? { wanted, shown }
      : null
  })

  readonly training = $derived.by(
    () => this.playhead.live && ['running', 'paused'].includes(this.source.run?.status ?? ''),
  )

  /**
   * How the model stands. The run's record changes several times a second while it trains: what
   * asks for pictures depends on this alone, and asks once more when training ends.
   */
  readonly model = $derived.by((): 'none' | 'preparing' | 'training' | 'at rest' => {
    const { run } = this.source
    if (run === null) return 'none'
    if (run.status === 'preparing') return 'preparing'
    return this.training ? 'training' : 'at rest'
  })

  /** The weights when they can be asked now, else null. */
  readonly askable = $derived.by((): CheckpointChoice | null =>
    this.model === 'none' || (this.model === 'preparing' && this.weights === 'live')
      ? null
      : this.weights,
  )

  /** The whole latent vector under the cursor. */
  readonly z = $derived.by(() => {
    const numbers = (this.#z.text ?? '').split(',').map(Number)
    return Array.from({ length: this.latentSize }, (_, i) =>
      Number.isFinite(numbers[i]) ? numbers[i]! : 0,
    )
  })

  /**
   * Moves the cursor: some of the dimensions, by index. event: time stamp of the pointer event that
   * asked for it. hovers: the pointer only passes over a plane, so the cursor goes on following it.
   */
  move(
    changes: Readonly<Record<number, number>>,
    event: number | null = null,
    hovers = false,
  ): void {
    const next = this.z.map((value, i) => changes[i] ?? value)
    this.event = event
    if (!hovers && router.params['free'] === '1') router.set({ free: null }, { replace: true })
    // a thousandth is finer than a pixel of the plane
    this.#z.set(next.map((value) => String(Number(value.toFixed(3)))).join(','))
  }

  /** Moves the cursor to a whole vector. */
  moveTo(z: readonly number[]): void {
    this.move(Object.fromEntries(z.map((value, i) => [i, value])))
  }

  #askClasses(): void {
    const name = this.source.run?.config.dataset
    if (name === undefined) return
    client.data.list().then(
      (list) => (this.classes = list.find((each) => each.name === name)?.classes ?? []),
      () => undefined, // without the list points keep their colours and lose their names
    )
  }

  #beatWhileTraining(): (() => void) | undefined {
    if (!this.training) return undefined
    let [last, lastSlow, skipped] = [-1, performance.now(), false]
    const timer = setInterval(() => {
      const step = this.source.run?.step ?? 0
      if (document.hidden || step === last) return
      // two cores serve training, page and decoder: under a drag the picture at the cursor comes
      // before everything else
      const dragging = this.event !== null && performance.now() - this.event < dragMemory
      skipped = dragging && !skipped
      if (skipped) return
      last = step
      this.quickRefresh += 1
      if (dragging || performance.now() - lastSlow < slowPause) return
      lastSlow = performance.now()
      this.slowRefresh += 1
    }, quickPause)
    return () => clearInterval(timer)
  }
}
