// The address as state: which view is open and everything it needs to show the same screen again.
import {
  href,
  parseAddress,
  type Address,
  type ParamChanges,
  type Params,
  type RouteName,
} from './address.ts'

/** Something of the present address that is shown already and written when it rests. */
export interface Unwritten {
  /** Writes it now: this address is about to be left. */
  write(): void
  /** Forgets it: another address is here. */
  forget(): void
}

class Router {
  #address = $state.raw<Address>(parseAddress(location.hash))
  readonly unwritten = new Set<Unwritten>()

  constructor() {
    for (const travelled of ['hashchange', 'popstate'])
      addEventListener(travelled, () => {
        this.#read()
        for (const each of [...this.unwritten]) each.forget()
      })
    // links are followed by the browser itself
    addEventListener(
      'click',
      ({ target }) => target instanceof Element && target.closest('a[href]') && this.#leave(),
      true,
    )
  }

  get route(): RouteName {
    return this.#address.route
  }

  get params(): Params {
    return this.#address.params
  }

  /** Goes to another route; a step back returns here. */
  go(route: RouteName, params: ParamChanges = {}, { replace = false } = {}): void {
    this.#leave()
    this.#write(href(route, params), replace)
  }

  /**
   * Changes parameters of the present route; null takes one out. `replace` for what changes
   * continuously (cursor, zoom, step).
   */
  set(changes: ParamChanges, { replace = false } = {}): void {
    if (!replace) this.#leave()
    this.#write(this.hrefWith(changes), replace)
  }

  /** The present address with other parameters, for links. */
  hrefWith(changes: ParamChanges): string {
    return href(this.route, { ...this.params, ...changes })
  }

  /** A number from the address, or the fallback when it is missing or not a number. */
  number(name: string, fallback: number): number {
    const text = this.params[name]
    const value = text === undefined || text === '' ? NaN : Number(text)
    return Number.isFinite(value) ? value : fallback
  }

  #write(hash: string, replace: boolean): void {
    if (hash !== location.hash) {
      if (replace) history.replaceState(history.state, '', hash)
      else history.pushState(null, '', hash)
    }
    this.#read()
  }

  #leave(): void {
    for (const each of [...this.unwritten]) each.write()
  }

  #read(): void {
    this.#address = parseAddress(location.hash)
  }
}

export const router = new Router()
