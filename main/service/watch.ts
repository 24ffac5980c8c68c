// A watcher of the list of runs: each run that changed, as the list shows it, at most four times a second each.
import type { RunsUpdate } from '../../preload/contract/records.ts'
import type { Context } from './context.ts'
import { getSummary } from './library.ts'
import { Stream } from './stream.ts'

const pause = 250 // milliseconds between two updates of one run

/** Starts with the runs in training, so that nothing is missed between a list and its watch. */
export function watchRuns(context: Context, signal: AbortSignal | undefined): Stream<RunsUpdate> {
  const changed = new Set<string>([...context.trainers.keys(), ...context.launching])
  const toldAt = new Map<string, number>()
  const produce = (asking: Stream<RunsUpdate>): RunsUpdate | undefined => {
    let soonest = Infinity
    for (const run of changed) {
      const wait = (toldAt.get(run) ?? -Infinity) + pause - performance.now()
      soonest = Math.min(soonest, wait)
      if (wait > 0) continue
      changed.delete(run)
      toldAt.set(run, performance.now())
      const summary = getSummary(context, run)
      return summary ? { kind: 'run', run: summary } : { kind: 'removed', id: run }
    }
    if (soonest < Infinity) asking.wakeIn(soonest)
    return undefined
  }
  const stream: Stream<RunsUpdate> = new Stream({ signal, produce, onEnd: () => stopListening() })
  const stopListening = context.announcements.listen(({ run }) => {
    changed.add(run)
    stream.wake()
  })
  return stream
}
