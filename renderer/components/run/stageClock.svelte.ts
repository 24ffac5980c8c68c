// The seconds of the stage in which a run prepares, counted on between two answers of the service.
import type { Run } from '../../../preload/contract/records.ts'

const tick = 100 // milliseconds

export class StageClock {
  #run: () => Run | null
  #seconds = $state(0)

  /** Make it while a component starts. */
  constructor(run: () => Run | null) {
    this.#run = run
    $effect(() => {
      const current = this.#run()
      if (current?.status !== 'preparing') return
      const begun = performance.now() - 1000 * (current.preparation?.elapsed ?? 0)
      const count = () => (this.#seconds = (performance.now() - begun) / 1000)
      count()
      const timer = setInterval(count, tick)
      return () => clearInterval(timer)
    })
  }

  /** Of the stage under way. */
  get seconds(): number {
    return this.#seconds
  }

  /** "Compiling (XLA) 1.2 s". */
  get text(): string {
    const run = this.#run()
    const name = run?.preparation?.stages.at(-1)?.text ?? (run?.statusReason || 'Starting')
    return `${name} ${this.#seconds.toFixed(1)} s`
  }
}
