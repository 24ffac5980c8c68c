// The runs beside the first one, as the address names them: each is followed for as long as it is
// named.
import { untrack } from 'svelte'
import type { CheckpointChoice } from '../../../../preload/contract/latent.ts'
import { router } from '../../../router.svelte.ts'
import { RunState } from '../../../state/run.svelte.ts'
import { runs } from '../../../state/runs.svelte.ts'
import { chosenOf, paramsOf, type Chosen } from './chosen.ts'

export class OtherRuns {
  readonly #first: string
  /** In the order of the address. */
  sources = $state.raw<readonly RunState[]>([])

  /**
   * Make it while a component starts. first: the run of the view, which never stands beside itself.
   */
  constructor(first: string, most = Infinity) {
    this.#first = first
    $effect.pre(() => {
      const ids = this.chosen.slice(0, most).map(({ id }) => id)
      untrack(() => this.#keep(ids))
    })
    $effect(() => () => this.#keep([]))
  }

  readonly chosen = $derived.by(() => chosenOf(router.params, this.#first))

  /** Runs that could join: none of those that are here already. */
  readonly offered = $derived.by(() =>
    runs.list.filter(
      (run) => run.id !== this.#first && !this.chosen.some(({ id }) => id === run.id),
    ),
  )

  add(id: string): void {
    this.#write([...this.chosen, { id, weights: 'live' }])
  }

  /** Puts a run in the place of the first other one; null takes all out. */
  putFirst(id: string | null): void {
    const rest = this.chosen.slice(1).filter((other) => other.id !== id)
    this.#write(id === null ? [] : [{ id, weights: 'live' }, ...rest])
  }

  remove(id: string): void {
    this.#write(this.chosen.filter((other) => other.id !== id))
  }

  weigh(id: string, weights: CheckpointChoice): void {
    this.#write(
      this.chosen.map((other) => (other.id === id ? { id, weights } : other)),
      true,
    )
  }

  #write(chosen: readonly Chosen[], replace = false): void {
    router.set(paramsOf(chosen), { replace })
  }

  #keep(ids: readonly string[]): void {
    const before = this.sources
    for (const source of before) if (!ids.includes(source.id)) source.close()
    this.sources = ids.map((id) => before.find((source) => source.id === id) ?? new RunState(id))
  }
}
