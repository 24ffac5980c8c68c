// Walks along the path by itself, to the end and back again.
import type { Interpolation } from './interpolation.svelte.ts'

const picturesPerSecond = 12

export class Player {
  playing = $state(false)
  readonly #interpolation: Interpolation
  #timer: ReturnType<typeof setInterval> | undefined
  #by: 1 | -1 = 1

  /** Make it while a component starts. */
  constructor(interpolation: Interpolation) {
    this.#interpolation = interpolation
    $effect(() => () => clearInterval(this.#timer))
  }

  readonly toggle = (): void => {
    clearInterval(this.#timer)
    this.playing = !this.playing && this.#interpolation.strip !== null
    if (this.playing) this.#timer = setInterval(() => this.#step(), 1000 / picturesPerSecond)
  }

  readonly stop = (): void => {
    if (this.playing) this.toggle()
  }

  #step(): void {
    const { at, strip } = this.#interpolation
    if (!strip) return this.stop()
    const last = strip.path.length - 1
    if (at >= last) this.#by = -1
    else if (at <= 0) this.#by = 1
    this.#interpolation.look(Math.max(0, Math.min(last, at + this.#by)))
  }
}
