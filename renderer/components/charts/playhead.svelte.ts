// Where in its training a run is looked at: live, or pinned to the step of a stored frame. Every part of a view reads
// the same one, so that manifold, reconstructions and numbers move together.
import type { FrameInfo } from '../../../preload/contract/records.ts'
import { AddressValue } from '../../state/addressValue.svelte.ts'
import type { RunState } from '../../state/run.svelte.ts'

const framesPerSecond = 8

export class Playhead {
  readonly source: RunState
  playing = $state(false)
  #step = new AddressValue('step')
  #timer: ReturnType<typeof setInterval> | undefined

  /** Make it while a component starts. */
  constructor(source: RunState) {
    this.source = source
    $effect(() => () => clearInterval(this.#timer))
  }

  /** The step that is shown, null while it follows the newest. */
  get pinned(): number | null {
    const text = this.#step.text
    const step = text === null ? NaN : Number(text)
    return Number.isFinite(step) && step >= 0 ? (this.frame?.step ?? step) : null
  }

  get live(): boolean {
    return this.pinned === null
  }

  /** The stored frame that is shown: nearest to the pinned step, else the newest. */
  get frame(): FrameInfo | undefined {
    const { frames } = this.source
    const text = this.#step.text
    if (text === null || !Number.isFinite(Number(text))) return frames.at(-1)
    const wanted = Number(text)
    return frames.reduce<FrameInfo | undefined>(
      (best, frame) => (best && Math.abs(best.step - wanted) <= Math.abs(frame.step - wanted) ? best : frame),
      undefined,
    )
  }

  /** Pins to a step, or follows live again. */
  show(step: number | null): void {
    this.#step.set(step === null ? null : String(Math.round(step)))
  }

  /** One frame on or back; past the newest lies live. */
  move(by: 1 | -1): void {
    const { frames } = this.source
    const now = this.live ? frames.length : frames.findIndex((frame) => frame.step === this.frame?.step)
    // live and the newest frame look the same once a run has ended: one press moves on to another picture
    const skip = this.live && by < 0 && frames.at(-1)?.step === this.source.run?.step ? 1 : 0
    const next = frames[Math.max(0, now + by - skip)]
    if (now + by >= frames.length) this.show(null)
    else if (next) this.show(next.step)
  }

  /** Plays the stored frames like a film, from the start when it stands at the end. */
  toggle(): void {
    if (this.playing) return this.stop()
    const { frames } = this.source
    if (frames.length < 2) return
    if (this.live) this.show(frames[0]!.step)
    this.playing = true
    this.#timer = setInterval(() => {
      this.move(1)
      if (this.live) this.stop()
    }, 1000 / framesPerSecond)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.playing = false
  }
}
