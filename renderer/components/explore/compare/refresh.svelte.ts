// Two counters that go up while a run trains and somebody looks: what shows live weights asks anew
// when one changes.
import { quickPause, slowPause } from '../exploreContext.svelte.ts'

export class Refresh {
  quick = $state(0)
  slow = $state(0)

  /** Make it where effects may be made. */
  constructor(training: () => boolean, step: () => number) {
    $effect(() => {
      if (!training()) return
      let [last, lastSlow] = [-1, performance.now()]
      const timer = setInterval(() => {
        const now = step()
        if (document.hidden || now === last) return
        last = now
        this.quick += 1
        if (performance.now() - lastSlow < slowPause) return
        lastSlow = performance.now()
        this.slow += 1
      }, quickPause)
      return () => clearInterval(timer)
    })
  }
}
