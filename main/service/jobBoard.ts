// The jobs at work in this process, and who wants to know that something about a job changed. As
// with runs, an announcement carries no data: whoever listens reads the job in its own time.
import type { Job } from '../../preload/contract/jobs.ts'
import type { Progress } from '../../preload/contract/records.ts'

export interface WorkingJob {
  job: Job
  /** Where it writes to outside the data folder. */
  path: string | null
  cancel: AbortController
  /** Settles, never with an error, when the job has ended and its row says how. */
  ended: Promise<void>
}

export class JobBoard {
  readonly working = new Map<string, WorkingJob>()
  /**
   * Ended ones whose row could not be told so (a full disk), by id: the row still says that they
   * run.
   */
  readonly unstored = new Map<string, Job>()
  private readonly listeners = new Set<(id: string) => void>()

  /** Returns how to stop listening. */
  listen(listener: (id: string) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  tell(id: string): void {
    for (const listener of this.listeners) listener(id)
  }

  /** How far a job is. One that was told to end says nothing more about it. */
  progress(id: string, progress: Progress): void {
    const working = this.working.get(id)
    if (!working || working.cancel.signal.aborted) return
    working.job = { ...working.job, progress }
    this.tell(id)
  }
}
