// The list of runs, kept by the service's watch and fetched anew after every reconnection. Runs in
// the trash are kept apart and fetched only when somebody looks at them.
import type { Run, RunSummary } from '../../preload/contract/records.ts'
import { client } from '../client/connection.svelte.ts'
import type { Problem } from '../client/problem.ts'
import { followList } from './followList.ts'
import { keyed, withoutRun, withRun, type RunMap } from './runMap.ts'
import { newestFirst } from './newestFirst.ts'
import { notices } from './notices.svelte.ts'
import { undo } from './undo.svelte.ts'

class RunList {
  #byId = $state.raw<RunMap>(keyed([]))
  #trashById = $state.raw<RunMap>(keyed([]))
  loaded = $state(false)
  problem = $state.raw<Problem | null>(null)

  /** Newest first, without those in the trash. */
  readonly list = $derived(newestFirst(this.#byId.values()))
  readonly trash = $derived(
    newestFirst(this.#trashById.values()).sort((a, b) => (b.deletedAt ?? 0) - (a.deletedAt ?? 0)),
  )

  start(): void {
    followList({
      watch: (signal) => client.runs.watch(undefined, { signal }),
      list: () => client.runs.list({}),
      replace: (list) => {
        this.#byId = keyed(list)
        this.loaded = true
        this.problem = null
      },
      take: (update) => {
        if (update.kind === 'run') this.#take(update.run)
        else this.#byId = withoutRun(this.#byId, update.id)
      },
      failed: (problem) => (this.problem = problem),
    })
  }

  find(id: string): RunSummary | undefined {
    return this.#byId.get(id) ?? this.#trashById.get(id)
  }

  async loadTrash(): Promise<void> {
    const found = await notices.attempt(() => client.runs.list({ deleted: true }))
    // whether the answer holds only the trash or everything is the service's business: deletedAt
    // decides
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
      undo.offer(`Renamed to “${trimmed}”.`, async () =>
        this.put(await client.runs.rename({ run: run.id, name: before })),
      )
    })
  }

  /** A run record that some call answered with: shown at once, before the watch says it too. */
  put(run: Run): void {
    const known = this.#byId.get(run.id)
    this.#take({ ...(known ?? { sparkline: [], frameStep: null, order: Infinity }), ...run })
  }

  #moved(run: Run): void {
    const known = this.find(run.id) ?? { sparkline: [], frameStep: null, order: Infinity }
    this.#take({ ...known, ...run })
  }

  #take(run: RunSummary): void {
    this.#byId = withRun(this.#byId, run, run.deletedAt === null)
    this.#trashById = withRun(this.#trashById, run, run.deletedAt !== null)
  }
}

export const runs = new RunList()
