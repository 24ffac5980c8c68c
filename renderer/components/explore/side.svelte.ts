// Whether the panel beside a tool is open: in a wide window unless it was closed, in a narrow one
// when it was asked for.
import { router } from '../../router.svelte.ts'

const narrowWidth = 1000 // CSS pixels; SidePanel.svelte lies over the view below it

export class Side {
  #narrow = $state(innerWidth <= narrowWidth)

  /** Make it while a component starts. */
  constructor() {
    $effect(() => {
      const read = () => (this.#narrow = innerWidth <= narrowWidth)
      addEventListener('resize', read)
      return () => removeEventListener('resize', read)
    })
  }

  get open(): boolean {
    return this.#narrow ? router.params['side'] === '1' : router.params['side'] !== '0'
  }

  readonly toggle = (): void => {
    router.set(
      { side: this.#narrow ? (this.open ? null : 1) : this.open ? 0 : null },
      { replace: true },
    )
  }
}
