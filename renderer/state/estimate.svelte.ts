// The time that the draft will take, from a run that was trained on this machine. Runs from files
// were trained elsewhere and tell nothing.
import { comparableRuns, estimateFrom, type Estimate } from '../../preload/contract/estimate.ts'
import { wasImported } from '../../preload/contract/imports.ts'
import { client } from '../client/connection.svelte.ts'
import { draft } from './draft.svelte.ts'
import { runs } from './runs.svelte.ts'

class TrainingEstimate {
  // whether a run was imported, by its id; undefined while nobody knows
  #imported = $state.raw<Readonly<Record<string, boolean>>>({})
  #asked = new Set<string>()

  readonly #candidates = $derived(
    draft.config && draft.dataset
      ? comparableRuns(
          draft.config,
          draft.dataset,
          runs.list.filter((run) => this.#imported[run.id] !== true),
        )
      : [],
  )
  /** Null while there is no run to tell from, or settings are wrong. */
  readonly value = $derived.by((): Estimate | null => {
    const source = this.#candidates[0]
    if (!source || !draft.config || !draft.dataset || this.#imported[source.id] === undefined)
      return null
    return estimateFrom(source, draft.config, draft.dataset)
  })
  /** Whether something may still be found out. */
  readonly pending = $derived(
    !runs.loaded ||
      (this.#candidates[0] !== undefined && this.#imported[this.#candidates[0].id] === undefined),
  )

  /** Call it in an effect of the view that shows the estimate. */
  follow(): void {
    const source = this.#candidates[0]
    if (source && this.#imported[source.id] === undefined) void this.#ask(source.id)
  }

  async #ask(id: string): Promise<void> {
    if (this.#asked.has(id)) return
    this.#asked.add(id)
    try {
      const imported = wasImported(await client.runs.events({ run: id }))
      this.#imported = { ...this.#imported, [id]: imported }
    } catch {
      this.#asked.delete(id) // asked again when the form changes or is opened anew
    }
  }
}

export const trainingEstimate = new TrainingEstimate()
