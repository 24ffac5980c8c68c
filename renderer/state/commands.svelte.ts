// Every command there is, from the frame and from the view that is open. The palette lists them,
// `?` shows their keys, keyboard.ts runs them. A view registers its own while it is open.
import { untrack } from 'svelte'

export interface Command {
  id: string
  title: string
  /** Heading in the palette and under `?`, such as "Go to" or "Run". */
  group: string
  /**
   * "n", "g r" (one after the other), "mod+k" (cmd or ctrl), "Space", "[", "ArrowLeft",
   * "shift+ArrowLeft".
   */
  keys?: readonly string[]
  /** Missing means always. */
  enabled?: () => boolean
  run: () => unknown
  /** Left out of the palette: arrows and the like, which make sense only as keys. */
  keysOnly?: boolean
}

class Commands {
  #groups = $state.raw<readonly (readonly Command[])[]>([])
  paletteOpen = $state(false)
  shortcutsOpen = $state(false)

  /** All commands; those registered last come first, so an open view wins a key. */
  get all(): Command[] {
    return [...this.#groups].reverse().flat()
  }

  /**
   * Adds commands; the returned function takes them out. In a component: `$effect(() =>
   * commands.register([...]))`.
   */
  register(list: readonly Command[]): () => void {
    // registering in an effect must not make that effect depend on what is registered
    this.#groups = [...untrack(() => this.#groups), list]
    return () => {
      this.#groups = untrack(() => this.#groups).filter((known) => known !== list)
    }
  }
}

export const commands = new Commands()
