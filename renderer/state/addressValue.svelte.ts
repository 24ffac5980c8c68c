// One value of the address that changes many times a second (a step while scrubbing, a cursor while
// dragging): shown at once, written to the address when it rests. Browsers refuse more than a few
// writes a second.
import { untrack } from 'svelte'
import { router, type Unwritten } from '../router.svelte.ts'

const rest = 400 // milliseconds: later than what a view asks for when it rests, since a browser takes its time for each write

export class AddressValue {
  readonly #key: string
  #text = $state<string | null>(null)
  #written: string | null
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #waiting: Unwritten = {
    write: () => this.#write(),
    forget: () => this.#take(router.params[this.#key] ?? null),
  }

  /**
   * Make it while a component starts: it follows the address (back, a link) as long as the
   * component lives.
   */
  constructor(key: string) {
    this.#key = key
    this.#written = router.params[key] ?? null
    this.#text = this.#written
    $effect(() => {
      const found = router.params[key] ?? null
      if (found === this.#written) return
      untrack(() => this.#take(found))
    })
    $effect(() => () => this.#rest())
  }

  get text(): string | null {
    return this.#text
  }

  set(text: string | null): void {
    if (text === this.#text) return
    this.#text = text
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#write(), rest)
    router.unwritten.add(this.#waiting)
  }

  #write(): void {
    this.#rest()
    this.#written = this.#text
    router.set({ [this.#key]: this.#text }, { replace: true })
  }

  #take(text: string | null): void {
    this.#rest()
    this.#text = text
    this.#written = text
  }

  #rest(): void {
    clearTimeout(this.#timer)
    router.unwritten.delete(this.#waiting)
  }
}
