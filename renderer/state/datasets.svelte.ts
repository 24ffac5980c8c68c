// The data sets there are, asked for once.
import type { DatasetInfo } from '../../preload/contract/records.ts'
import { client } from '../client/connection.svelte.ts'
import { problemFrom, type Problem } from '../client/problem.ts'

class Datasets {
  list = $state.raw<readonly DatasetInfo[]>([])
  problem = $state.raw<Problem | null>(null)
  #asked: Promise<void> | null = null

  load(): Promise<void> {
    this.#asked ??= this.#ask()
    return this.#asked
  }

  async #ask(): Promise<void> {
    try {
      this.list = await client.data.list()
      this.problem = null
    } catch (thrown) {
      this.problem = problemFrom(thrown)
      this.#asked = null
    }
  }
}

export const datasets = new Datasets()
