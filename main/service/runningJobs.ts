// Jobs: long work in this process that depends on nobody who waits for it. A row says that one
// began and how it ended; what it does is decided, and refused where that can be known at once, by
// its plan (jobPlan.ts).
import { asStudioError, StudioError } from '../../preload/contract/errors.ts'
import type { Job, JobResult, JobStatus } from '../../preload/contract/jobs.ts'
import { clearScratch } from '../exporters/scratch.ts'
import {
  endJob,
  forgetScratch,
  insertJob,
  leftScratch,
  listJobs,
  newJobId,
  putAwayOldest,
  readJob,
  removeJob as removeRow,
} from '../store/jobRows.ts'
import type { Store } from '../store/open.ts'
import type { Context } from './context.ts'
import { removeDownload } from './downloads.ts'
import { planJob, type JobInput, type Plan } from './jobPlan.ts'

/** Jobs at work at most: each holds a thread or a place in the viewer's queue. */
const mostWorking = 64

/**
 * Throws what the plan refuses, `bad-input` for a path that another one writes to, `wrong-state`
 * for too many at once, `cancelled` while the program closes.
 */
export async function startJob(context: Context, input: JobInput): Promise<Job> {
  const plan = await planJob(context, input)
  if (context.closing) throw new StudioError('cancelled', 'Latent Studio is closing.')
  refuseClash(context, plan)
  const job: Job = {
    ...{
      id: newJobId(),
      kind: input.kind,
      title: plan.title,
      run: plan.run,
      status: 'running',
      progress: null,
    },
    ...{ createdAt: Date.now(), endedAt: null, error: null, result: null },
  }
  insertJob(context.store, job, plan.scratch)
  const cancel = new AbortController()
  // what begins here is known before it can end
  const ended = Promise.resolve().then(() => work(context, job.id, plan, cancel.signal))
  context.jobs.working.set(job.id, { job, path: plan.scratch?.path ?? null, cancel, ended })
  context.jobs.tell(job.id)
  putAway(context)
  return job
}

function refuseClash(context: Context, { scratch }: Plan): void {
  const working = [...context.jobs.working.values()]
  if (working.length >= mostWorking)
    throw new StudioError(
      'wrong-state',
      `Expected at most ${mostWorking} jobs at a time, found ${working.length} running. Wait until one has finished.`,
    )
  // neither would see what the other is about to put there
  const other = scratch && working.find(({ path }) => path === scratch.path)
  if (other)
    throw new StudioError(
      'bad-input',
      `${scratch.path}: expected a path that no other job writes to, found the job "${other.job.title}" writing to it. Choose another path, or wait.`,
      { job: other.job.id },
    )
}

async function work(context: Context, id: string, plan: Plan, cancel: AbortSignal): Promise<void> {
  let end: Partial<Job>
  try {
    const result = await plan.work({
      id,
      cancel,
      progress: (now) => context.jobs.progress(id, now),
    })
    end = { status: 'done', result, run: plan.run ?? runIn(result) }
  } catch (thrown) {
    end = cancel.aborted
      ? { status: whyCancelled(context) }
      : { status: 'failed', error: reasonOf(thrown) }
  }
  const { job } = context.jobs.working.get(id)!
  const ended = { ...job, ...end, progress: null, endedAt: Date.now() }
  try {
    endJob(context.store, ended)
  } catch (error) {
    // a full disk, or a store that closed first: the next owner finds the row running
    context.jobs.unstored.set(id, ended)
    console.error(`The result of job ${id} could not be stored: ${asStudioError(error).message}`)
  }
  context.jobs.working.delete(id)
  context.jobs.tell(id)
  putAway(context)
}

const whyCancelled = (context: Context): JobStatus =>
  context.closing ? 'interrupted' : 'cancelled'

const runIn = (result: JobResult) => (result.kind === 'import' ? result.run : null)

function reasonOf(thrown: unknown): Job['error'] {
  const { code, message, data } = asStudioError(thrown)
  if (code === 'internal') console.error(thrown)
  return {
    code,
    message,
    ...(typeof data['reason'] === 'string' && data['reason'] ? { reason: data['reason'] } : {}),
  }
}

/** Newest first. */
export function getJobs(context: Context): Job[] {
  return listJobs(context.store).map((job) => truthful(context, job))
}

/** Throws `not-found`. */
export function getJob(context: Context, id: string): Job {
  const job = findJob(context, id)
  if (!job)
    throw new StudioError(
      'not-found',
      `Expected the job ${JSON.stringify(id)}, found none. It may have been removed from the list.`,
      {
        job: id,
      },
    )
  return job
}

/**
 * null when there is no such job. A working one is not read from the store: its progress comes
 * often.
 */
export function findJob(context: Context, id: string): Job | null {
  const working = context.jobs.working.get(id)
  if (working) return working.job
  const stored = readJob(context.store, id)
  return stored && truthful(context, stored)
}

// A row that says that it runs knows less than this process.
function truthful({ jobs }: Context, job: Job): Job {
  if (job.status !== 'running') return job
  return jobs.working.get(job.id)?.job ?? jobs.unstored.get(job.id) ?? job
}

/**
 * Answers when it has ended and left nothing, or as it is when that takes long. One that has ended
 * already stays as it is.
 */
export async function cancelJob(context: Context, id: string): Promise<Job> {
  const job = getJob(context, id)
  const working = context.jobs.working.get(id)
  if (!working) return job
  working.cancel.abort(new StudioError('cancelled', `${job.title}: cancelled.`))
  await endedWithin(working.ended, context.limits.command)
  return findJob(context, id) ?? job
}

/** Throws `not-found`, and `wrong-state` for one that is running. */
export async function removeJob(context: Context, id: string): Promise<{ removed: string }> {
  const job = getJob(context, id)
  if (job.status === 'running')
    throw new StudioError(
      'wrong-state',
      `Expected a job that has ended, found "${job.title}" running. Cancel it first.`,
      {
        job: id,
      },
    )
  removeRow(context.store, id)
  context.jobs.unstored.delete(id)
  context.jobs.tell(id)
  await removeDownload(context.store, id)
  return { removed: id }
}

/** Ends all jobs when the program closes: they are interrupted, and nothing half-made is left. */
export async function interruptAll(context: Context): Promise<void> {
  const working = [...context.jobs.working.values()]
  for (const { cancel } of working)
    cancel.abort(new StudioError('cancelled', 'Latent Studio is closing.'))
  await endedWithin(Promise.all(working.map(({ ended }) => ended)), context.limits.closing)
}

/**
 * Clears what jobs left beside their destinations when their owner was killed. A place that is out
 * of reach is tried again at the next start.
 */
export async function clearLeft(store: Store): Promise<void> {
  for (const { id, scratch } of leftScratch(store))
    if (await clearScratch(scratch)) forgetScratch(store, id)
}

function putAway(context: Context): void {
  if (context.closing) return
  try {
    for (const id of putAwayOldest(context.store)) {
      context.jobs.tell(id)
      // what cannot be removed now is an orphan for the next owner
      removeDownload(context.store, id).catch(() => undefined)
    }
  } catch {
    // a full disk: the next job tries again
  }
}

async function endedWithin(ended: Promise<unknown>, limit: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([ended, new Promise((resolve) => (timer = setTimeout(resolve, limit)))])
  clearTimeout(timer)
}
