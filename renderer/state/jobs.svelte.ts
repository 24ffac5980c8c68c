// Jobs: exports, imports, evaluations, installations. They run in the owner of the data folder and
// outlive this page; here they are followed, and how each ended is said once: by its row where one
// is on the screen, else by a toast.
import type { Client } from '../../preload/contract/client.ts'
import type { Job } from '../../preload/contract/jobs.ts'
import { client } from '../client/connection.svelte.ts'
import type { Problem } from '../client/problem.ts'
import { followList } from './followList.ts'
import { newestFirst } from './newestFirst.ts'
import { notices } from './notices.svelte.ts'
import { withEntry, withoutKey } from './replacedMap.ts'

export type JobQuestion = Parameters<Client['jobs']['start']>[0]
const newsFor = 12_000 // milliseconds that a toast stays

class JobList {
  #byId = $state.raw<ReadonlyMap<string, Job>>(new Map())
  loaded = $state(false)
  problem = $state.raw<Problem | null>(null)
  /** The job that ended last while no row showed it; null when its toast has gone. */
  news = $state.raw<Job | null>(null)
  /** The newest job that ended, for whoever reads the screen aloud. */
  ended = $state.raw<Job | null>(null)

  /** Newest first. */
  readonly list = $derived(newestFirst(this.#byId.values()))
  readonly running = $derived(this.list.filter(({ status }) => status === 'running'))
  #rows = new Map<string, number>()
  #waiting = new Map<string, ((job: Job) => void)[]>()
  #timer: ReturnType<typeof setTimeout> | undefined

  start(): void {
    followList({
      watch: (signal) => client.jobs.watch(undefined, { signal }),
      list: () => client.jobs.list(),
      replace: (list) => {
        const here = new Set(list.map(({ id }) => id))
        for (const id of [...this.#byId.keys()]) if (!here.has(id)) this.#forget(id)
        for (const job of list) this.#take(job)
        this.loaded = true
        this.problem = null
      },
      take: (update) => {
        if (update.kind === 'job') this.#take(update.job)
        else this.#forget(update.id)
      },
      failed: (problem) => (this.problem = problem),
    })
  }

  find(id: string): Job | undefined {
    return this.#byId.get(id)
  }

  /** Throws what is refused at once. */
  async begin(question: JobQuestion): Promise<Job> {
    const job = await client.jobs.start(question)
    // the watcher may have told more about it already
    if (!this.#byId.has(job.id)) this.#take(job)
    return this.#byId.get(job.id) ?? job
  }

  /** Resolves when it has ended, or is no more; lines that break do not matter. */
  whenEnded(job: Job): Promise<Job> {
    const now = this.#byId.get(job.id) ?? job
    if (now.status !== 'running') return Promise.resolve(now)
    return new Promise((resolve) =>
      this.#waiting.set(job.id, [...(this.#waiting.get(job.id) ?? []), resolve]),
    )
  }

  async cancel(id: string): Promise<void> {
    await notices.attempt(async () => this.#take(await client.jobs.cancel({ job: id })))
  }

  async remove(id: string): Promise<void> {
    await notices.attempt(async () => {
      await client.jobs.remove({ job: id })
      this.#forget(id)
    })
  }

  /** A row shows this job from now on, until what is returned is called. */
  show(id: string): () => void {
    this.#rows.set(id, (this.#rows.get(id) ?? 0) + 1)
    if (this.news?.id === id) this.dismiss()
    return () => {
      const rows = (this.#rows.get(id) ?? 1) - 1
      if (rows > 0) this.#rows.set(id, rows)
      else this.#rows.delete(id)
    }
  }

  dismiss(): void {
    clearTimeout(this.#timer)
    this.news = null
  }

  #take(job: Job): void {
    const before = this.#byId.get(job.id)
    // an answer may come after what was told meanwhile
    if (before && before.status !== 'running' && job.status === 'running') return
    this.#byId = withEntry(this.#byId, job.id, job)
    if (job.status === 'running') return
    if (before ? before.status === 'running' : this.loaded) this.#end(job)
  }

  #end(job: Job): void {
    this.ended = job
    if (!this.#rows.has(job.id) && job.status !== 'cancelled') {
      clearTimeout(this.#timer)
      this.news = job
      this.#timer = setTimeout(() => this.dismiss(), newsFor)
    }
    this.#settle(job)
  }

  #settle(job: Job): void {
    const waiting = this.#waiting.get(job.id) ?? []
    this.#waiting.delete(job.id)
    for (const resolve of waiting) resolve(job)
  }

  #forget(id: string): void {
    const known = this.#byId.get(id)
    if (!known) return
    this.#byId = withoutKey(this.#byId, id)
    if (this.news?.id === id) this.dismiss()
    this.#settle(known)
  }
}

export const jobs = new JobList()
