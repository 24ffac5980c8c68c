// Steps a second over the last few seconds, for the progress line.
const windowMilliseconds = 5000

export interface Speed {
  /** The run was at `step` at `time` (milliseconds). */
  at(step: number, time: number): void
  /** 0 until two moments are known. */
  perSecond(): number
  clear(): void
}

export function createSpeed(): Speed {
  let moments: { step: number; time: number }[] = []
  return {
    at(step, time) {
      const recent = moments.findIndex((moment) => time - moment.time <= windowMilliseconds)
      // one moment from before the window stays when there is nothing newer, so that slow runs have
      // a speed too
      moments = recent < 0 ? moments.slice(-1) : moments.slice(recent)
      moments.push({ step, time })
    },
    perSecond() {
      const [first, last] = [moments[0], moments.at(-1)]
      if (!first || !last || last.time <= first.time) return 0
      return ((last.step - first.step) / (last.time - first.time)) * 1000
    },
    clear() {
      moments = []
    },
  }
}
