// Whether the cursor of the plane follows the pointer or stays where it was put. A cursor that the
// address names stays, so that a link, a reload and the other tools' cursor are kept; `free=1`
// beside it says that it follows the pointer, and goes when anything else moves the cursor.
import { router } from '../../../router.svelte.ts'

const near = 9 // CSS pixels: a press so near to a pinned cursor is on it

export class Pin {
  #pressedOn = false
  #free = $state(router.params['free'] === '1' || router.params['z'] === undefined)

  /** Make it while a component starts. */
  constructor() {
    $effect(() => {
      const { free, z } = router.params
      if (free === '1') this.#free = true
      else if (z !== undefined) this.#free = false
    })
  }

  get pinned(): boolean {
    return !this.#free
  }

  set(pinned: boolean): void {
    if (pinned === this.pinned) return
    this.#free = !pinned
    router.set({ free: pinned ? null : 1 }, { replace: true })
  }

  /** The cursor follows the pointer from now on, and the address says so. */
  roam(): void {
    if (this.#free && router.params['free'] !== '1') router.set({ free: 1 }, { replace: true })
  }

  /** A press begins. distance: CSS pixels from the cursor. */
  press(distance: number): void {
    this.#pressedOn = this.pinned && distance <= near
  }

  /** It ends: on the pinned cursor without a drag it lets go, everywhere else it pins. */
  release(dragged: boolean): void {
    this.set(dragged || !this.#pressedOn)
    this.#pressedOn = false
  }
}
