// What can be undone, newest last. Destructive acts happen at once, and a toast offers to take them
// back.
export interface Undoable {
  id: number
  text: string
  undo: () => Promise<void> | void
  /**
   * Whether it can be undone in this view; acts of one form can't be undone where it isn't seen.
   */
  here: () => boolean
  /** Whether it belongs to one view, such as the form of a new run. */
  ofView: boolean
}

const shownFor = 10_000 // milliseconds; cmd/ctrl-z works for as long as the page lives

class Undo {
  #shown = $state.raw<Undoable | null>(null)
  #done = $state.raw<readonly Undoable[]>([])
  #next = 1
  #timer: ReturnType<typeof setTimeout> | undefined

  /**
   * The act that the toast offers to take back, null when it has gone or belongs to another view.
   */
  get toast(): Undoable | null {
    return this.#shown?.here() ? this.#shown : null
  }

  /** The act that `last` would take back here. */
  get newest(): Undoable | undefined {
    return this.#done.findLast((act) => act.here())
  }

  /** The newest act of the open view alone. */
  get newestOfView(): Undoable | undefined {
    return this.#done.findLast((act) => act.ofView && act.here())
  }

  /**
   * quiet: without a toast, where the view itself shows what changed. here: for acts that belong to
   * one view.
   */
  offer(
    text: string,
    undo: Undoable['undo'],
    how: { quiet?: boolean; here?: () => boolean } = {},
  ): void {
    const { quiet = false, here } = how
    const act = {
      id: this.#next++,
      text,
      undo,
      here: here ?? (() => true),
      ofView: here !== undefined,
    }
    this.#done = [...this.#done, act].slice(-50)
    if (!quiet) this.#show(act)
    // a toast about the same form would offer to take back what is no longer its newest change
    else if (this.#shown?.ofView) this.dismiss()
  }

  /** Takes back the newest act. Returns false when there is none. */
  async last(): Promise<boolean> {
    const act = this.newest
    if (!act) return false
    await this.takeBack(act)
    return true
  }

  async takeBack(act: Undoable): Promise<void> {
    this.#done = this.#done.filter((each) => each !== act)
    if (this.#shown === act) this.dismiss()
    await act.undo()
  }

  dismiss(): void {
    clearTimeout(this.#timer)
    this.#shown = null
  }

  #show(act: Undoable): void {
    clearTimeout(this.#timer)
    this.#shown = act
    this.#timer = setTimeout(() => this.dismiss(), shownFor)
  }
}

export const undo = new Undo()
