// Who looks at jobs: a watcher of the list, and a follower of one job until it has ended. Both read
// a job when they are asked for the next item, so that a slow reader gets fewer items and nothing
// waits for it in memory.
import type { Job, JobsUpdate } from '../../preload/contract/jobs.ts'
import { watchChanges } from './changes.ts'
import type { Context } from './context.ts'
import { findJob, getJob, getJobs } from './runningJobs.ts'
import { Stream } from './stream.ts'

/** Milliseconds between two updates of one job for its follower. */
const followPause = 100

/** Every job first, then each that changes. */
export function watchJobs(context: Context, signal: AbortSignal | undefined): Stream<JobsUpdate> {
  const first = getJobs(context).map(({ id }) => id)
  const read = (id: string): { update: JobsUpdate; gone: boolean } => {
    const job = findJob(context, id)
    return job
      ? { update: { kind: 'job', job }, gone: false }
      : { update: { kind: 'removed', id }, gone: true }
  }
  return watchChanges({ first, listen: (changed) => context.jobs.listen(changed), read }, signal)
}

/** The job as it is, each change of it, and how it ended as the last item. Throws `not-found`. */
export function followJob(
  context: Context,
  id: string,
  signal: AbortSignal | undefined,
): Stream<Job> {
  let newest: Job | undefined = getJob(context, id)
  let toldAt = -Infinity
  const produce = (asking: Stream<Job>): Job | undefined => {
    if (!newest) return undefined
    const wait = toldAt + followPause - performance.now()
    if (newest.status === 'running' && wait > 0) return void asking.wakeIn(wait)
    const told = newest
    newest = undefined
    toldAt = performance.now()
    if (told.status !== 'running') asking.finish()
    return told
  }
  const stream: Stream<Job> = new Stream({ signal, produce, onEnd: () => stopListening() })
  // read now: it may end and be put away before its follower asks again
  const stopListening = context.jobs.listen((changed) => {
    if (changed !== id) return
    newest = findJob(context, id) ?? newest
    stream.wake()
  })
  return stream
}
