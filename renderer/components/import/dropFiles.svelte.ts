// Files dragged over an element: whether some are over it now, and what is dropped.
export class DropFiles {
  over = $state(false)
  #depth = 0
  readonly #take: (files: File[]) => void

  constructor(take: (files: File[]) => void) {
    this.#take = take
  }

  /** `{@attach drop.attach}`. Text and pictures of the page itself are let through. */
  readonly attach = (element: HTMLElement): (() => void) => {
    const stop = new AbortController()
    const on = (
      name: 'dragenter' | 'dragover' | 'dragleave' | 'drop',
      act: (event: DragEvent) => void,
    ) =>
      element.addEventListener(
        name,
        (event) => event.dataTransfer?.types.includes('Files') && act(event),
        {
          signal: stop.signal,
        },
      )
    on('dragenter', (event) => {
      event.preventDefault()
      this.#depth += 1
      this.over = true
    })
    on('dragover', (event) => {
      event.preventDefault()
      event.dataTransfer!.dropEffect = 'copy'
    })
    // leaving for a child enters that first
    on('dragleave', () => {
      this.#depth = Math.max(0, this.#depth - 1)
      this.over = this.#depth > 0
    })
    on('drop', (event) => {
      event.preventDefault()
      this.#depth = 0
      this.over = false
      this.#take([...event.dataTransfer!.files])
    })
    return () => stop.abort()
  }
}
