// Who looks at jobs: a watcher of the list, and a follower of one job until it has ended. Both read a job when they are
// asked for the next item, so that a slow reader gets fewer items and nothing waits for it in memory.
import type { Job, JobsUpdate } from '../../preload/contract/jobs.ts'
import type { Context } from './context.ts'
import { findJob, getJob, getJobs } from './jobs.ts'
import { Stream } from './stream.ts'

/** Milliseconds between two updates of one job: in the list, and for a follower. */
const listPause = 250
const followPause = 100

/** Every job first, then each that changes. */
export function watchJobs(context: Context, signal: AbortSignal | undefined): Stream<JobsUpdate> {
  const changed = new Set(getJobs(context).map(({ id }) => id))
  const toldAt = new Map<string, number>()
  const produce = (asking: Stream<JobsUpdate>): JobsUpdate | undefined => {
    let soonest = Infinity
    for (const id of changed) {
      const wait = (toldAt.get(id) ?? -Infinity) + listPause - performance.now()
      soonest = Math.min(soonest, wait)
      if (wait > 0) continue
      changed.delete(id)
      const job = findJob(context, id)
      if (job) toldAt.set(id, performance.now())
      else toldAt.delete(id)
      return job ? { kind: 'job', job } : { kind: 'removed', id }
    }
    if (soonest < Infinity) asking.wakeIn(soonest)
    return undefined
  }
  const stream: Stream<JobsUpdate> = new Stream({ signal, produce, onEnd: () => stopListening() })
  const stopListening = context.jobs.listen((id) => {
    changed.add(id)
    stream.wake()
  })
  return stream
}

/** The job as it is, each change of it, and how it ended as the last item. Throws `not-found`. */
export function followJob(context: Context, id: string, signal: AbortSignal | undefined): Stream<Job> {
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
