// What can be undone, newest last. Destructive acts happen at once and say so in a toast that takes them back.
export interface Undoable {
  id: number
  text: string
  undo: () => Promise<void> | void
}

const shownFor = 10_000 // milliseconds; cmd/ctrl-z works for as long as the page lives

class Undo {
  /** The act that the toast offers to take back, null when it has gone. */
  toast = $state.raw<Undoable | null>(null)
  #done: Undoable[] = []
  #next = 1
  #timer: ReturnType<typeof setTimeout> | undefined

  offer(text: string, undo: Undoable['undo']): void {
    const act = { id: this.#next++, text, undo }
    this.#done.push(act)
    if (this.#done.length > 50) this.#done.shift()
    this.#show(act)
  }

  /** Takes back the newest act. Returns false when there is none. */
  async last(): Promise<boolean> {
    const act = this.#done.pop()
    if (!act) return false
    this.dismiss()
    await act.undo()
    return true
  }

  dismiss(): void {
    clearTimeout(this.#timer)
    this.toast = null
  }

  #show(act: Undoable): void {
    clearTimeout(this.#timer)
    this.toast = act
    this.#timer = setTimeout(() => this.dismiss(), shownFor)
  }
}

export const undo = new Undo()
