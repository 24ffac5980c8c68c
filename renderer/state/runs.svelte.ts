// The list of runs, kept by the service's watch and fetched anew after every reconnection. Runs in the trash are kept
// apart and fetched only when somebody looks at them.
import type { Run, RunSummary } from '../../preload/contract/records.ts'
import { client, connection } from '../client/connection.svelte.ts'
import { isDisconnect, problemFrom, type Problem } from '../client/problem.ts'
import { keyed, withoutRun, withRun, type RunMap } from './runMap.ts'
import { notices } from './notices.svelte.ts'
import { undo } from './undo.svelte.ts'

class RunList {
  #byId = $state.raw<RunMap>(keyed([]))
  #trashById = $state.raw<RunMap>(keyed([]))
  loaded = $state(false)
  problem = $state.raw<Problem | null>(null)
  #stop: AbortController | null = null

  /** Newest first, without those in the trash. */
  readonly list = $derived([...this.#byId.values()].sort((a, b) => b.createdAt - a.createdAt))
  readonly trash = $derived([...this.#trashById.values()].sort((a, b) => (b.deletedAt ?? 0) - (a.deletedAt ?? 0)))

  start(): void {
    connection.onOpen(() => void this.#follow())
  }

  find(id: string): RunSummary | undefined {
    return this.#byId.get(id) ?? this.#trashById.get(id)
  }

  async loadTrash(): Promise<void> {
    const found = await notices.attempt(() => client.runs.list({ deleted: true }))
    // whether the answer holds only the trash or everything is the service's business: deletedAt decides
    if (found) this.#trashById = keyed(found.filter((run) => run.deletedAt !== null))
  }

  /** Into the trash, with the offer to undo it; true when it went. */
  async remove(run: Run): Promise<boolean> {
    const removed = await notices.attempt(async () => {
      this.#moved(await client.runs.remove({ run: run.id }))
      undo.offer(`Moved “${run.name}” to the trash.`, () => this.restore(run.id))
      return true
    })
    return removed ?? false
  }

  async restore(id: string): Promise<void> {
    await notices.attempt(async () => this.#moved(await client.runs.restore({ run: id })))
  }

  async rename(run: Run, name: string): Promise<void> {
    const trimmed = name.trim()
    if (trimmed === '' || trimmed === run.name) return
    await notices.attempt(async () => {
      const before = run.name
      this.put(await client.runs.rename({ run: run.id, name: trimmed }))
      undo.offer(`Renamed to “${trimmed}”.`, async () => this.put(await client.runs.rename({ run: run.id, name: before })))
    })
  }

  /** A run record that some call answered with: shown at once, before the watch says it too. */
  put(run: Run): void {
    const known = this.#byId.get(run.id)
    this.#take({ ...(known ?? { sparkline: [], frameStep: null }), ...run })
  }

  #moved(run: Run): void {
    const known = this.find(run.id) ?? { sparkline: [], frameStep: null }
    this.#take({ ...known, ...run })
  }

  #take(run: RunSummary): void {
    this.#byId = withRun(this.#byId, run, run.deletedAt === null)
    this.#trashById = withRun(this.#trashById, run, run.deletedAt !== null)
  }

  async #follow(): Promise<void> {
    this.#stop?.abort()
    const stop = new AbortController()
    this.#stop = stop
    try {
      // watch before list: what changes in between is told twice rather than not at all
      const updates = await client.runs.watch(undefined, { signal: stop.signal })
      const list = await client.runs.list({})
      this.#byId = keyed(list)
      this.loaded = true
      this.problem = null
      for await (const update of updates) {
        if (update.kind === 'run') this.#take(update.run)
        else this.#byId = withoutRun(this.#byId, update.id)
      }
    } catch (thrown) {
      if (!stop.signal.aborted && !isDisconnect(thrown)) this.problem = problemFrom(thrown)
    }
  }
}

export const runs = new RunList()
