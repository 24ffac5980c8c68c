// Files that exports kept for download, on their way to the page's machine. Those that this page
// asked for come by themselves when they are made; all others wait for a press on Download.
import type { Job } from '../../../preload/contract/jobs.ts'
import { fetchKept } from '../../client/pieces.ts'
import { isDisconnect } from '../../client/problem.ts'
import { saveFile } from '../charts/copyFigure.ts'
import { jobs } from '../../state/jobs.svelte.ts'
import { notices } from '../../state/notices.svelte.ts'
import { withEntry, withoutKey } from '../../state/replacedMap.ts'

interface Way {
  done: number
  total: number
}

class Downloads {
  #ways = $state.raw<ReadonlyMap<string, Way>>(new Map())
  /** Jobs whose file this page has saved. */
  #saved = $state.raw<readonly string[]>([])
  #stops = new Map<string, AbortController>()

  /** How far the file of a job is on its way, in bytes; null while it is not. */
  wayOf(job: string): Way | null {
    return this.#ways.get(job) ?? null
  }

  isSaved(job: string): boolean {
    return this.#saved.includes(job)
  }

  /** Saves what a job makes as soon as it has made it. */
  async await(job: Job): Promise<void> {
    const ended = await jobs.whenEnded(job)
    if (ended.status === 'done') await this.fetch(ended.id)
  }

  async fetch(job: string): Promise<void> {
    if (this.#stops.has(job)) return
    const stop = new AbortController()
    this.#stops.set(job, stop)
    this.#tell(job, { done: 0, total: 0 })
    try {
      const { name, blob } = await fetchKept(job, stop.signal, (done, total) =>
        this.#tell(job, { done, total }),
      )
      saveFile(blob, name)
      this.#saved = [...this.#saved, job]
    } catch (thrown) {
      if (!stop.signal.aborted && !isDisconnect(thrown)) notices.show(thrown)
    } finally {
      this.#stops.delete(job)
      this.#tell(job, null)
    }
  }

  cancel(job: string): void {
    this.#stops.get(job)?.abort()
  }

  #tell(job: string, way: Way | null): void {
    this.#ways = way ? withEntry(this.#ways, job, way) : withoutKey(this.#ways, job)
  }
}

export const downloads = new Downloads()
