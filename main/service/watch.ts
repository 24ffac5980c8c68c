// A watcher of the list of runs: each run that changed, as the list shows it.
import type { RunsUpdate } from '../../preload/contract/records.ts'
import { watchChanges } from './changes.ts'
import type { Context } from './context.ts'
import { getSummary } from './library.ts'
import type { Stream } from './stream.ts'

/** Starts with the runs in training, so that nothing is missed between a list and its watch. */
export function watchRuns(context: Context, signal: AbortSignal | undefined): Stream<RunsUpdate> {
  const first = [...context.trainers.keys(), ...context.launching]
  const listen = (changed: (id: string) => void) =>
    context.announcements.listen(({ run }) => changed(run))
  const read = (id: string): { update: RunsUpdate; gone: boolean } => {
    const run = getSummary(context, id)
    return run
      ? { update: { kind: 'run', run }, gone: false }
      : { update: { kind: 'removed', id }, gone: true }
  }
  return watchChanges({ first, listen, read }, signal)
}
