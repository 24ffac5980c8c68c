// The address as state: which view is open and everything it needs to show the same screen again.
import { href, parseAddress, type Address, type ParamChanges, type Params, type RouteName } from './address.ts'

class Router {
  #address = $state.raw<Address>(parseAddress(location.hash))

  constructor() {
    addEventListener('hashchange', () => this.#read())
    addEventListener('popstate', () => this.#read())
  }

  get route(): RouteName {
    return this.#address.route
  }

  get params(): Params {
    return this.#address.params
  }

  /** Goes to another route; a step back returns here. */
  go(route: RouteName, params: ParamChanges = {}, { replace = false } = {}): void {
    this.#write(href(route, params), replace)
  }

  /** Changes parameters of the present route; null takes one out. `replace` for what changes continuously (cursor, zoom, step). */
  set(changes: ParamChanges, { replace = false } = {}): void {
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

  #read(): void {
    this.#address = parseAddress(location.hash)
  }
}

export const router = new Router()
