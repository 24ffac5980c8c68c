// Where in its training a run is looked at: live, or pinned to a step with a stored frame or
// checkpoint. Every part of a view reads the same one, so that manifold, reconstructions and
// numbers move together.
import type { FrameInfo } from '../../../preload/contract/records.ts'
import { router } from '../../router.svelte.ts'
import { AddressValue } from '../../state/addressValue.svelte.ts'
import { nearestTo } from '../../state/moments.ts'
import type { RunState } from '../../state/run.svelte.ts'

/** Frames of a film in a second: `speed` in the address. */
export const speeds = [2, 4, 8, 16, 32] as const
const usualSpeed = 8

export class Playhead {
  readonly source: RunState
  playing = $state(false)
  /** Time stamp of the pointer event that moved it last; null when something else did. */
  event: number | null = null
  /**
   * Whether the pictures of its place are drawn: a film waits for them rather than leave some out.
   */
  drawn: () => boolean = () => true
  #step = new AddressValue('step')
  #turn = 0

  /** Make it while a component starts. */
  constructor(source: RunState) {
    this.source = source
    $effect(() => () => cancelAnimationFrame(this.#turn))
  }

  get speed(): number {
    const asked = router.number('speed', usualSpeed)
    return speeds.find((speed) => speed === asked) ?? usualSpeed
  }

  /** Whether the film begins again at its end. */
  get loop(): boolean {
    return router.params['loop'] === '1'
  }

  /** The step that is shown, null while it follows the newest. */
  get pinned(): number | null {
    const text = this.#step.text
    const step = text === null ? NaN : Number(text)
    return Number.isFinite(step) && step >= 0
      ? (nearestTo(this.source.moments, step) ?? step)
      : null
  }

  get live(): boolean {
    return this.pinned === null
  }

  /** The stored frame that is shown: nearest to the pinned step, else the newest. */
  get frame(): FrameInfo | undefined {
    const { frames } = this.source
    const { pinned } = this
    if (pinned === null) return frames.at(-1)
    const at = nearestTo(
      frames.map(({ step }) => step),
      pinned,
    )
    return frames.find(({ step }) => step === at)
  }

  /**
   * Pins to a step, or follows live again. event: time stamp of the pointer event that asked for
   * it.
   */
  show(step: number | null, event: number | null = null): void {
    const text = step === null ? null : String(Math.round(step))
    if (text !== this.#step.text) this.event = event
    this.#step.set(text)
  }

  /** One stored moment on or back; past the newest lies live. */
  move(by: 1 | -1): void {
    const { moments } = this.source
    const { pinned } = this
    const now = pinned === null ? moments.length : moments.indexOf(pinned)
    // live and the newest moment look the same once a run has ended: one press moves on to another
    // picture
    const skip = pinned === null && by < 0 && moments.at(-1) === this.source.run?.step ? 1 : 0
    const next = moments[Math.max(0, now + by - skip)]
    if (now + by >= moments.length) this.show(null)
    else if (next !== undefined) this.show(next)
  }

  /** Plays the stored frames like a film, from the start when it stands at the end. */
  toggle(): void {
    if (this.playing) return this.stop()
    const { frames } = this.source
    if (frames.length < 2) return
    if (this.live || this.frame?.step === frames.at(-1)?.step) this.show(frames[0]!.step)
    this.playing = true
    let due = performance.now() + 1000 / this.speed
    const turn = (now: number) => {
      this.#turn = requestAnimationFrame(turn)
      if (now < due || !this.drawn()) return
      // a late frame moves all later ones: none is left out to catch up
      due = Math.max(due, now - 1000 / 60) + 1000 / this.speed
      this.#advance()
    }
    this.#turn = requestAnimationFrame(turn)
  }

  stop(): void {
    cancelAnimationFrame(this.#turn)
    this.playing = false
  }

  #advance(): void {
    const { frames } = this.source
    const [first, last] = [frames[0], frames.at(-1)]
    if (this.loop && first && this.frame?.step === last?.step) return this.show(first.step)
    const here = this.frame?.step ?? 0
    // only frames: a checkpoint between two of them has no picture of its own
    this.show(frames.find(({ step }) => step > here)?.step ?? null)
    if (this.live) this.stop()
  }
}
