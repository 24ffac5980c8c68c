// Notes that were typed and are not stored yet, by run. They outlive their field, and while the
// server is away they wait for it, however long; a reload of the page finds them too.
import { client, connection } from '../client/connection.svelte.ts'
import { isDisconnect, problemFrom } from '../client/problem.ts'
import { notices } from './notices.svelte.ts'
import { runs } from './runs.svelte.ts'

const prefix = 'latent-studio-notes-'

class TypedNotes {
  readonly #sending = new Set<string>()

  constructor() {
    connection.onOpen(() => {
      for (const key of Object.keys(sessionStorage))
        if (key.startsWith(prefix)) void this.store(key.slice(prefix.length))
    })
  }

  /** What is typed and not stored, null for nothing. */
  of(run: string): string | null {
    return sessionStorage.getItem(prefix + run)
  }

  /** Keeps it until `store` has stored it. */
  keep(run: string, text: string): void {
    sessionStorage.setItem(prefix + run, text)
  }

  /** Stores what was typed last; what is typed meanwhile, after that. */
  async store(run: string): Promise<void> {
    if (this.#sending.has(run)) return
    this.#sending.add(run)
    try {
      for (let text = this.of(run); text !== null; text = this.of(run)) {
        runs.put(await client.runs.note({ run, notes: text }))
        if (this.of(run) === text) sessionStorage.removeItem(prefix + run)
      }
    } catch (thrown) {
      // without a connection it is tried again at the next one; after any other failure, when more
      // is typed or the page is opened again. Only what can never be stored is forgotten
      if (isDisconnect(thrown)) return
      if (['not-found', 'bad-input'].includes(problemFrom(thrown).code))
        sessionStorage.removeItem(prefix + run)
      notices.show(thrown)
    } finally {
      this.#sending.delete(run)
    }
  }
}

export const typedNotes = new TypedNotes()
