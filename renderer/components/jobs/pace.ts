// How long a stage goes on, from how fast it went so far.
import type { Progress } from '../../../preload/contract/records.ts'

const enough = 1500 // milliseconds before its speed says anything

export class Pace {
  #stage = ''
  #at = 0
  #done = 0

  /** Seconds left at `now` (milliseconds); null while nobody can tell. Ask at every progress. */
  left({ stage, done, total }: Progress, now: number): number | null {
    if (stage !== this.#stage || done < this.#done) {
      this.#stage = stage
      this.#at = now
      this.#done = done
    }
    const perSecond = (done - this.#done) / ((now - this.#at) / 1000)
    return total > 0 && now - this.#at > enough && perSecond > 0 ? (total - done) / perSecond : null
  }
}
