// The address as state. Everything a view needs to show the same screen again is in the hash:
// #/run/3f2a?step=3000&tool=plane. The second part of the path is the thing the route is about (`run` or `dataset`).
export const routeNames = ['runs', 'new', 'run', 'explore', 'data', 'setup'] as const
export type RouteName = (typeof routeNames)[number]
export type Params = Readonly<Record<string, string>>
export type ParamChanges = Readonly<Record<string, string | number | boolean | null | undefined>>

export interface Address {
  route: RouteName
  params: Params
}

// Which parameter stands in the path for each route that is about one thing.
const subject: Partial<Record<RouteName, string>> = { run: 'run', explore: 'run', data: 'dataset' }

/** "#/run/3f2a?step=3000" as a route and its parameters; what is not an address of ours becomes the list of runs. */
export function parseAddress(hash: string): Address {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?', 2)
  const [name = '', thing] = path.split('/').map(decoded)
  const route = routeNames.find((known) => known === name) ?? 'runs'
  const params: Record<string, string> = Object.fromEntries(new URLSearchParams(query))
  const key = subject[route]
  if (key && thing) params[key] = thing
  return { route, params }
}

/** The address of a route with parameters; null, undefined, false and '' leave a parameter out. */
export function href(route: RouteName, params: ParamChanges = {}): string {
  const key = subject[route]
  const thing = key ? params[key] : undefined
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) {
    if (name !== key && isSet(value)) query.set(name, String(value))
  }
  const text = query.toString()
  return `#/${route}${isSet(thing) ? `/${encodeURIComponent(String(thing))}` : ''}${text ? `?${text}` : ''}`
}

function isSet(value: ParamChanges[string]): value is string | number | true {
  return value !== null && value !== undefined && value !== false && value !== ''
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

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
    this.#write(href(this.route, { ...this.params, ...changes }), replace)
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
